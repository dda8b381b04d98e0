//! Invented values for several subjects.

use bankchannel_storage::ws_channel::*;

pub(crate) const NOW: i64 = 1_790_000_000_000;
pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) const OWNER: &str = "owner@example.test";
pub(crate) const CUSTOMER: &str = "customer@example.test";
pub(crate) const PHONE: &str = "+358401234567";
pub(crate) const KEY: &str = "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2";

pub(crate) fn digest(text: &str) -> Digest {
    let mut digest = [0; 32];
    for (index, byte) in text.bytes().enumerate() {
        digest[index % 32] ^= byte.rotate_left(u32::try_from(index / 32).unwrap());
    }
    digest
}

pub(crate) fn phone_limit() -> LockPolicy {
    LockPolicy { limit: 5, window: DAY, duration: 0 }
}

pub(crate) fn registration(email: &str, mode: StoredMode, key: RegistrationKey, now: i64) -> VerifiedRegistration {
    VerifiedRegistration {
        email: email.to_owned(),
        mode,
        key,
        name: "Example User".to_owned(),
        company: "Example Company Oy".to_owned(),
        phone: PHONE.to_owned(),
        password_hash: format!("$argon2id$of {email} {}", mode.as_str()),
        code_hash: digest("123456"),
        code_expires: now + DAY,
        phone_limit: LockPolicy { limit: 1000, window: DAY, duration: 0 },
        overwrite_after: DAY,
        invite_required: false,
        now,
    }
}

pub(crate) fn mint(key: &str) -> RegistrationKey {
    RegistrationKey::Mint { api_key: key.to_owned(), transfer_enabled: true }
}

pub(crate) fn existing(key: &str) -> RegistrationKey {
    RegistrationKey::Existing(key.to_owned())
}

/// A verified mode user.
pub(crate) async fn active_user(store: &WsChannelStore, email: &str, mode: StoredMode, key: RegistrationKey) {
    let outcome = store.register(registration(email, mode, key, NOW)).await.unwrap();
    assert!(matches!(outcome, RegisterOutcome::Created { .. }), "{outcome:?}");
    verify(store, email, mode, NOW).await;
}

pub(crate) async fn verify(store: &WsChannelStore, email: &str, mode: StoredMode, now: i64) {
    let request = PhoneConfirmation {
        email: email.to_owned(),
        mode,
        phone: PHONE.to_owned(),
        hash: digest("123456"),
        max_tries: 5,
        now,
    };
    assert_eq!(store.verify_phone(request).await.unwrap(), CodeCheck::Right);
    let token = digest(&format!("email token {email} {}", mode.as_str()));
    let sent = store.open_pending(
        pending(token, PendingKind::VerifyEmail, email, mode, now),
        Some(code(email, mode, CodePurpose::VerifyEmail, now)),
    );
    assert_eq!(sent.await.unwrap(), CodeSend::Send);
    let request = EmailConfirmation { email: email.to_owned(), mode, token, hash: digest("123456"), max_tries: 5, now };
    assert_eq!(store.verify_email(request).await.unwrap(), CodeCheck::Right);
}

/// Owner (admin and data) and customer (admin) under [`KEY`], all verified.
pub(crate) async fn tenant_with_customer(store: &WsChannelStore) {
    active_user(store, OWNER, StoredMode::Admin, mint(KEY)).await;
    active_user(store, OWNER, StoredMode::Data, existing(KEY)).await;
    active_user(store, CUSTOMER, StoredMode::Admin, existing(KEY)).await;
}

pub(crate) fn pending(token: Digest, kind: PendingKind, email: &str, mode: StoredMode, now: i64) -> NewPending {
    let challenge = (kind == PendingKind::Mfa).then_some(MfaChallenge::Sms);
    NewPending {
        token,
        kind,
        email: email.to_owned(),
        mode,
        challenge,
        secret: None,
        now,
        expires: now + 180 * SECOND,
        verified_hash: None,
    }
}

pub(crate) fn code(email: &str, mode: StoredMode, purpose: CodePurpose, now: i64) -> NewCode {
    let hash = digest("123456");
    NewCode {
        email: email.to_owned(),
        mode,
        purpose,
        hash,
        expires: now + 180 * SECOND,
        min_gap: 0,
        quotas: Vec::new(),
        sending: Vec::new(),
        now,
    }
}

pub(crate) fn session(token: Digest, email: &str, mode: StoredMode, now: i64) -> NewAccountSession {
    NewAccountSession {
        token,
        email: email.to_owned(),
        mode,
        api_key: KEY.to_owned(),
        auth_time: now,
        factor: AuthenticationFactor::Password,
        expires: now + HOUR,
        verified_hash: None,
        source: None,
    }
}

pub(crate) fn scope(email: &str, bank: &str) -> FileScope {
    FileScope { api_key: KEY.to_owned(), email: email.to_owned(), bank: bank.to_owned() }
}

pub(crate) fn material(serial: &str, not_after: i64) -> CertMaterial {
    CertMaterial {
        pem: format!("-----BEGIN CERTIFICATE-----\n{serial}\n-----END CERTIFICATE-----\n"),
        subject: "1000038023".to_owned(),
        issuer: "EXAMPLE CA".to_owned(),
        serial: serial.to_owned(),
        not_after,
        label: serial.to_owned(),
        sealed_key: b"sealed".to_vec(),
        key_id: "local-1".to_owned(),
    }
}

pub(crate) fn cert_set(serial: &str, not_after: i64) -> NewCertSet {
    NewCertSet {
        state: CertState::Active,
        ws_user_id: "SIM-000000000001".to_owned(),
        company: "Example Company Oy".to_owned(),
        target_id: None,
        pair: format!("pair-{serial}"),
        signing: material(serial, not_after),
        encryption: None,
        life: "{}".to_owned(),
        due: None,
    }
}

pub(crate) fn bank_file(reference: &str, file_type: &str, created: i64) -> NewBankFile {
    NewBankFile {
        reference: reference.to_owned(),
        file_type: file_type.to_owned(),
        status: "NEW".to_owned(),
        created,
        service_id: None,
        target_id: Some("MLP".to_owned()),
        content: FileContent::Inline(format!("content of {reference}").into_bytes()),
    }
}

pub(crate) fn upload(id: &str, email: &str) -> NewUpload {
    NewUpload {
        id: id.to_owned(),
        scope: scope(email, "simulator"),
        email: email.to_owned(),
        file_type: "pain.001.001.09".to_owned(),
        file_name: "payment.xml".to_owned(),
        sha256: digest(id),
        size: 11,
        signers: vec!["AAAA".to_owned(), "BBBB".to_owned()],
        message_id: None,
        at_bank: None,
        send_anyway: false,
        content: Some(FileContent::Inline(b"hello world".to_vec())),
        no_duplicate_since: None,
        now: NOW,
    }
}
