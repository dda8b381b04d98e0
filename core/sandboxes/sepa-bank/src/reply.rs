//! What of HTTP a request has beside its message, and an answer as it goes out: late, cut or replaced as it was ordered.

use bankchannel_foundation::{Error, message::SOAP};
use bankchannel_server::http::{answer::AnswerBody, observed::RequestFacts};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::{Response, StatusCode, header, header::HeaderValue};

use crate::{chaos::BankFault, held::HeldAnswers};

/// The headers of a message, as far as they count.
pub(crate) struct CallHeaders {
    pub(crate) charset: Option<String>,
    /// Without its quotation marks.
    pub(crate) soap_action: Option<String>,
}

/// The value of a `SOAPAction`, which some clients send without quotation marks.
pub(crate) fn unquoted(value: &str) -> String {
    value.trim().trim_matches('"').to_owned()
}

/// What goes back.
pub(crate) struct BankReply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) seen: RequestFacts,
    pub(crate) faults: Vec<BankFault>,
}

impl BankReply {
    pub(crate) async fn into_response(self, held: &HeldAnswers) -> Response<AnswerBody> {
        let Self { mut status, mut body, faults, .. } = self;
        for fault in &faults {
            match fault {
                BankFault::Delay(delay) => tokio::time::sleep(*delay).await,
                BankFault::Hold => held.wait().await,
                BankFault::Http(ordered) => (status, body) = (*ordered, Vec::new()),
                _ => {}
            }
        }
        let is_html = faults.contains(&BankFault::Html);
        if is_html {
            body = b"<html><body>We will be back soon.</body></html>".to_vec();
        }
        let is_cut =
            [BankFault::Close, BankFault::Half, BankFault::LostAfterCommit].iter().any(|cut| faults.contains(cut));
        let sent = if is_cut {
            let whole = body.len();
            body.truncate(if faults.contains(&BankFault::Half) { whole / 2 } else { 0 });
            let cut = Error::internal("the connection is cut, as it was ordered");
            let part = futures_util::stream::iter([Ok(hyper::body::Frame::data(Bytes::from(body))), Err(cut)]);
            BodyExt::boxed(StreamBody::new(part))
        } else {
            BodyExt::boxed(Full::new(Bytes::from(body)).map_err(|never| match never {}))
        };
        let mut response = Response::new(sent);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let media = if is_html { HeaderValue::from_static("text/html") } else { media_type(&faults) };
        response.headers_mut().insert(header::CONTENT_TYPE, media);
        response
    }
}

fn media_type(faults: &[BankFault]) -> HeaderValue {
    if faults.contains(&BankFault::Latin9) {
        HeaderValue::from_static("text/xml")
    } else {
        HeaderValue::from_static(SOAP)
    }
}
