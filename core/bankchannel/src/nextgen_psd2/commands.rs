//! The help of the command line's groups.

use bankchannel_foundation::operation::CommandGroup;

/// The groups.
pub(super) static GROUPS: &[CommandGroup] = &[
    CommandGroup { last: &["make-certificates", "sign", "verify", "explain", "psu-hash", "signing-string", "key-id", "inspect", "digest", "encode-header", "decode-header"], ..CommandGroup::new("psd2","Requests of a third party to PSD2 banks: send, sign, verify, explain; certificates for tests","Examples:
  bankchannel psd2 make-certificates certs
  bankchannel psd2 sign --private-key certs/tpp1-qseal.key --certificate certs/tpp1-qseal.pem request.http > signed.http
  bankchannel psd2 verify --ca certs/ca.pem signed.http
  bankchannel psd2 explain --ca certs/ca.pem signed.http

A request file holds the request as it is sent: request line, headers, an empty line, the body. Lines of the head may end
in a line feed only. Content-Length gives the size of the body; without it the body is every byte after the empty line,
including a last line end that an editor adds.

At a bank, here the sandbox bank of `bankchannel serve nextgen-psd2-bank --data bank`:
  bankchannel psd2 verify-user --settings tpp1.json --psu-id psu-7f3a91 --psu-personal-identifier @hash.txt
  bankchannel psd2 update-bank-offered-consents --settings tpp1.json --redirect-uri https://tpp.example/cb
with tpp1.json: {\"base_url\": \"https://127.0.0.1:8443/api\", \"ca_file\": \"bank/ca.pem\", \"certificate_file\": \"bank/certificates/tpp1-qseal.pem\",
  \"private_key\": {\"file\": \"bank/certificates/tpp1-qseal.key\"}, \"client_certificate_file\": \"bank/certificates/tpp1-qwac.pem\",
  \"client_key\": {\"file\": \"bank/certificates/tpp1-qwac.key\"}}

Every operation of the library can also be called by its own name: `bankchannel call nextgen_psd2.sign_request …`.") },
];
