//! The client's address, where a proxy stands between.

use std::net::IpAddr;

use http::HeaderMap;

/// The client's address: from the socket, or from a trusted proxy's `X-Forwarded-For`.
#[must_use]
pub fn client_address(headers: &HeaderMap, socket: IpAddr, trusted: &[IpAddr]) -> IpAddr {
    let socket = socket.to_canonical();
    if !is_one_of(socket, trusted) {
        return socket;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    // The last entry of the last line is the one written by our own proxy.
    let address = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    address.map_or(socket, |address| address.to_canonical())
}

/// Whether an address is one of these.
#[must_use]
pub fn is_one_of(address: IpAddr, proxies: &[IpAddr]) -> bool {
    proxies.iter().any(|proxy| proxy.to_canonical() == address.to_canonical())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_proxy_is_believed_for_the_last_entry_of_its_last_line_only() {
        let proxies = [IpAddr::from([192, 0, 2, 1])];
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "198.51.100.1".parse().unwrap());
        headers.append("x-forwarded-for", "198.51.100.2, 203.0.113.7".parse().unwrap());
        let client = IpAddr::from([203, 0, 113, 7]);
        let other = IpAddr::from([192, 0, 2, 2]);
        assert_eq!(client_address(&headers, proxies[0], &proxies), client);
        assert_eq!(client_address(&headers, "::ffff:192.0.2.1".parse().unwrap(), &proxies), client);
        assert_eq!(client_address(&headers, other, &proxies), other);
    }
}
