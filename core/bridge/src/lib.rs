//! What every foreign language needs of bankchannel and none may repeat
