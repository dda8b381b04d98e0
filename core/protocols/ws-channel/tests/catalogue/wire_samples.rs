//! The wire samples of §12, read and written exactly. Values that the specification abbreviates are completed.

use bankchannel_foundation::{
    message::OutRequest,
    model::{Boundary, read_boundary},
    operation::Exchange,
};
use bankchannel_ws_channel::{
    SessionCredentials, WsChannelCodec,
    model::{ApiKey, IdToken},
    operations::{
        certs::{export_cert::ExportCert, list_certs::ListCerts},
        files::{download_file::DownloadFile, list_files::ListFiles, upload_file::UploadFile},
        integrator::list_accounts::ListAccounts,
        pgp::delete_key::DeleteKey,
        session::{login::Login, login_mfa::LoginMfa, logout::Logout, select_mfa::SelectMfa},
    },
};
use serde_json::{Value, json};

use crate::messages::{answer, arrived, boundary_form, read, route, split};

const CHALLENGE: &str =
    "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde";
const KEY: &str = "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2";

fn credentials() -> SessionCredentials {
    SessionCredentials { api_key: Some(ApiKey::new(KEY).unwrap()), id_token: Some(IdToken::new("token").unwrap()) }
}

/// The client writes the request in this form, and the server reads it back.
fn request<O: Exchange<Codec = WsChannelCodec>>(boundary: Value, line: &str, body: &str) {
    let sent = O::encode_request(read_boundary(boundary.clone()).unwrap(), &credentials()).unwrap();
    assert_eq!(format!("{} {}", sent.method.as_str(), sent.target), line);
    assert_eq!(String::from_utf8(whole(&sent)).unwrap(), body);
    assert_eq!(
        boundary_form(O::decode_request(arrived(route::<O>(), &sent)).unwrap()),
        boundary_form(read::<O::Request>(boundary))
    );
}

fn whole(sent: &OutRequest) -> Vec<u8> {
    split(&sent.body).0.to_vec()
}

/// The client reads the answer in this form, and the server writes it back key for key.
fn response<O: Exchange>(wire: Value, boundary: Value) {
    let read = O::decode_response(answer(route::<O>().success, &wire.to_string())).unwrap();
    assert_eq!(boundary_form(read).0, boundary);
    let written = O::encode_response(<O::Response as Boundary>::read(boundary.into(), &mut reader()).unwrap());
    assert_eq!(serde_json::from_slice::<Value>(&split(&written.body).0).unwrap(), wire);
}

fn reader() -> bankchannel_foundation::model::Reader<'static> {
    bankchannel_foundation::model::Reader::new(bankchannel_foundation::model::Representation::Boundary)
}

#[test]
fn a_login_of_the_data_user() {
    request::<Login>(
        json!({"email": "User@Example.test", "mode": "data", "ch_resp": CHALLENGE, "encrypted": "ZW5jcnlwdGVk"}),
        "POST /session/user%40example.test/data",
        &format!(r#"{{"ChResp":"{CHALLENGE}","Encrypted":"ZW5jcnlwdGVk"}}"#),
    );
    response::<Login>(
        json!({"ResponseCode": "00", "ResponseText": "Login OK", "ApiKey": KEY, "IdToken": "t", "ExpiresIn": "3600"}),
        json!({"id_token": "t", "api_key": KEY, "expires_in": 3600, "response_text": "Login OK"}),
    );
}

#[test]
fn an_admin_login_with_a_choice() {
    response::<Login>(
        json!({"ResponseCode": "00", "ResponseText": "Select MFA type", "ChallengeName": "SELECT_MFA_TYPE", "Session": "s1",
            "MfaOptions": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "SmsDestination": "+*****4567"}),
        json!({"session": "s1", "challenge_name": "SELECT_MFA_TYPE", "mfa_options": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"],
            "sms_destination": "+*****4567", "response_text": "Select MFA type"}),
    );
    request::<SelectMfa>(
        json!({"email": "user@example.test", "mode": "admin", "mfa_type": "SOFTWARE_TOKEN_MFA", "session": "s1"}),
        "PUT /session/user%40example.test/admin/selectmfa",
        r#"{"MfaType":"SOFTWARE_TOKEN_MFA","Session":"s1"}"#,
    );
    response::<SelectMfa>(
        json!({"ResponseCode": "00", "ResponseText": "Give authenticator code", "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s2"}),
        json!({"challenge_name": "SOFTWARE_TOKEN_MFA", "session": "s2", "response_text": "Give authenticator code"}),
    );
    request::<LoginMfa>(
        json!({"email": "user@example.test", "mode": "admin", "code": "282760", "session": "s2", "challenge_name": "SOFTWARE_TOKEN_MFA"}),
        "PUT /session/user%40example.test/admin/mfacode",
        r#"{"Code":"282760","Session":"s2","ChallengeName":"SOFTWARE_TOKEN_MFA"}"#,
    );
}

#[test]
fn the_enrolment_of_an_authenticator() {
    let uri = "otpauth://totp/ISECure:user%40example.test?secret=JBSWY3DPEHPK3PXP&issuer=ISECure";
    response::<LoginMfa>(
        json!({"ResponseCode": "00", "ResponseText": "Login OK", "ApiKey": KEY, "IdToken": "t", "ExpiresIn": "3600",
            "SecretCode": "JBSWY3DPEHPK3PXP", "OtpauthUri": uri, "AccessToken": "a"}),
        json!({"id_token": "t", "api_key": KEY, "expires_in": 3600, "secret_code": "JBSWY3DPEHPK3PXP", "otpauth_uri": uri,
            "access_token": "a", "response_text": "Login OK"}),
    );
    request::<LoginMfa>(
        json!({"email": "user@example.test", "mode": "admin", "code": "282760", "session": "s", "setup_totp": true}),
        "PUT /session/user%40example.test/admin/mfacode",
        r#"{"Code":"282760","Session":"s","SetupTOTP":true}"#,
    );
}

#[test]
fn listings() {
    response::<ListCerts>(
        json!({"ResponseCode": "00", "ResponseText": "OK",
            "Certs": [{"CertName": "simulator_customer_signing_cert", "Expires": "Nov 20 06:00:00 2028 GMT", "Issuer": "Simulator Test CA",
                "Subject": "SIM-0123456789ab", "Serial": "1A2B3C", "PEM": "-----BEGIN CERTIFICATE-----\n"}],
            "Connections": [{"Bank": "simulator", "Access": "direct",
                "Certificates": [{"Purpose": "signing", "Expires": "Nov 20 06:00:00 2028 GMT"}]}],
            "Retired": [{"CertName": "nordea.REMOVED.1a2b3c4d_customer_signing_cert", "Bank": "nordea", "Purpose": "signing", "Expires": "unknown"}]}),
        json!({"certs": [{"cert_name": "simulator_customer_signing_cert", "expires": "2028-11-20T06:00:00Z", "issuer": "Simulator Test CA",
                "subject": "SIM-0123456789ab", "serial": "1A2B3C", "pem": "-----BEGIN CERTIFICATE-----\n"}],
            "connections": [{"bank": "simulator", "access": "direct",
                "certificates": [{"purpose": "signing", "expires": "2028-11-20T06:00:00Z"}]}],
            "retired": [{"cert_name": "nordea.REMOVED.1a2b3c4d_customer_signing_cert", "bank": "nordea", "purpose": "signing"}],
            "response_text": "OK"}),
    );
    request::<ListFiles>(
        json!({"bank": "simulator", "file_type": "camt.053.001.02", "status": "NEW"}),
        "GET /files/simulator?FileType=camt.053.001.02&Status=NEW",
        "",
    );
    // A value that a bank or an older service words differently does not fail the whole listing.
    let odd = json!({"ResponseCode": "00", "ResponseText": "OK", "FileDescriptors": [{"FileReference": "1",
        "FileTimestamp": "2026-11-20T08:00:00", "FileType": "VA", "Status": "NEW"}]});
    response::<ListFiles>(
        odd,
        json!({"file_descriptors": [{"file_reference": "1", "file_timestamp": "2026-11-20T08:00:00", "file_type": "VA",
            "status": "NEW"}], "response_text": "OK"}),
    );
    response::<bankchannel_ws_channel::operations::pgp::list_keys::ListKeys>(
        json!({"ResponseCode": "00", "ResponseText": "OK", "PgpKeys": [{"PgpKeyId": "0123456789ABCDEF"}]}),
        json!({"pgp_keys": [{"pgp_key_id": "0123456789ABCDEF"}], "response_text": "OK"}),
    );
    response::<ListFiles>(
        json!({"ResponseCode": "00", "ResponseText": "OK", "FileDescriptors": [{"FileReference": "k3v",
            "FileTimestamp": "2026-11-20T08:00:00.000+02:00", "FileType": "camt.053.001.02", "Status": "NEW",
            "ServiceId": "FI2112345600000785", "TargetId": "SIM"}]}),
        json!({"file_descriptors": [{"file_reference": "k3v", "file_timestamp": "2026-11-20T08:00:00.000+02:00",
            "file_type": "camt.053.001.02", "status": "NEW", "service_id": "FI2112345600000785", "target_id": "SIM"}],
            "response_text": "OK"}),
    );
}

#[test]
fn export_and_deletion() {
    request::<ExportCert>(
        json!({"bank": "nordea", "pgp_key_id": "3a3a59b2"}),
        "GET /certs/nordea?PgpKeyId=3A3A59B2",
        "",
    );
    response::<ExportCert>(
        json!({"ResponseCode": "00", "ResponseText": "OK", "CertsAndKeys": [{"Certificate": "-----BEGIN CERTIFICATE-----\n",
            "EncryptedPrivateKey": "-----BEGIN PGP MESSAGE-----\n"}]}),
        json!({"certs_and_keys": [{"certificate": "-----BEGIN CERTIFICATE-----\n",
            "encrypted_private_key": "-----BEGIN PGP MESSAGE-----\n"}], "response_text": "OK"}),
    );
    request::<DeleteKey>(json!({"pgp_key_id": "DBCBE671"}), "DELETE /pgp", r#"{"PgpKeyId":"DBCBE671"}"#);
    response::<DeleteKey>(
        json!({"ResponseCode": "00", "ResponseText": "OK", "PgpKeys": []}),
        json!({"pgp_keys": [], "response_text": "OK"}),
    );
    // The later contracts answer without the list (§9.1).
    let plain = DeleteKey::decode(r#"{"ResponseCode":"00","ResponseText":"OK"}"#);
    assert_eq!(plain, json!({"response_text": "OK"}));
}

/// §2.24, §9.1: the owner has no link, which the wire expresses as an empty text; an old sample spells `export` in
/// lower case.
#[test]
fn accounts() {
    let old = r#"{"ResponseCode":"00","ResponseText":"OK","Accounts":[{"Email":"a@b.test","Name":"A","Phone":"+358401234567","export":"allowed","Certs":[]}]}"#;
    assert_eq!(ListAccounts::decode(old)["accounts"][0]["export"], "allowed");
    response::<ListAccounts>(
        json!({"ResponseCode": "00", "ResponseText": "OK", "Accounts": [{"Email": "a@b.test", "Name": "A", "Phone": "+358401234567",
            "Export": "disabled", "Certs": [], "AdminMode": "registered", "DataMode": "unregistered", "AccountType": "integrator", "LinkedTo": ""}]}),
        json!({"accounts": [{"email": "a@b.test", "name": "A", "phone": "+358401234567", "export": "disabled", "certs": [],
            "admin_mode": "registered", "data_mode": "unregistered", "account_type": "integrator"}], "response_text": "OK"}),
    );
}

#[test]
fn content_travels_beside_the_rest() {
    let upload = json!({"bank": "simulator", "content": {"base64": "aGVsbG8="}, "file_name": "a.xml", "file_type": "pain.001.001.09",
        "signature": "-----BEGIN PGP SIGNATURE-----"});
    request::<UploadFile>(
        upload,
        "PUT /files/simulator",
        r#"{"FileContents":"","FileName":"a.xml","FileType":"pain.001.001.09","Signature":"-----BEGIN PGP SIGNATURE-----"}"#,
    );
    request::<DownloadFile>(
        json!({"bank": "nordea", "file_type": "KTL", "file_reference": "a/b ?"}),
        "GET /files/nordea/KTL/a%2Fb%20%3F",
        "",
    );
    request::<Logout>(json!({"email": "a@b.test", "mode": "data"}), "DELETE /session/a%40b.test/data", "");
}

/// Parses an answer into its boundary form.
trait Decode: Exchange {
    fn decode(body: &str) -> Value {
        boundary_form(Self::decode_response(answer(200, body)).unwrap()).0
    }
}
impl<O: Exchange> Decode for O {}
