//! Where servers listen and how they name themselves: binding the first free port of a range, and finding the own address.
//!
//! It opens listeners only; what is served on them is the caller's.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs, UdpSocket};

use crate::config::PortRange;

/// Listens at the first free port of the range. The listener is non-blocking, ready for tokio.
/// The error is that of the last port tried, with host and ports named.
pub fn listen(host: &str, ports: &PortRange) -> io::Result<TcpListener> {
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "the range of ports is empty");
    for port in ports.ports() {
        match resolve(host, port).and_then(|addresses| TcpListener::bind(&addresses[..])) {
            Ok(listener) => {
                listener.set_nonblocking(true)?;
                return Ok(listener);
            }
            Err(error) => last = error,
        }
    }
    Err(io::Error::new(last.kind(), format!("cannot listen at {host}:{ports}: {last}")))
}

/// The local address from which `host:port` is reached; loopback when it is on this machine. Nothing is sent.
pub fn local_address_towards(host: &str, port: u16) -> io::Result<IpAddr> {
    let target = first(host, port)?;
    if target.ip().is_loopback() {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let any = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any)?;
    // Connecting a datagram socket only chooses the route.
    socket.connect(target)?;
    Ok(socket.local_addr()?.ip())
}

/// Whether a host name or address means this machine's loopback interface.
pub fn is_loopback(host: &str) -> bool {
    first(host, 0).is_ok_and(|address| address.ip().is_loopback())
}

/// `host:port`, with an IPv6 address in brackets.
pub fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The addresses of a text such as `host:port,host:port`; blanks and semicolons divide too, as Flink's lists have them.
pub fn split_addresses(text: &str) -> Vec<String> {
    let parts = text.trim_matches(['[', ']']).split([',', ';', ' ']);
    parts.map(|part| part.trim().trim_matches(['\'', '"'])).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The addresses of a host, IPv4 before IPv6: what is bound to `localhost` must be found at 127.0.0.1.
fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    Ok(addresses)
}

fn first(host: &str, port: u16) -> io::Result<SocketAddr> {
    let no_address = || io::Error::new(io::ErrorKind::NotFound, format!("host '{host}' has no address"));
    resolve(host, port)?.first().copied().ok_or_else(no_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_free_port_is_taken() {
        let taken = listen("127.0.0.1", &PortRange::single(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = listen("127.0.0.1", &PortRange::single(port)).unwrap_err().to_string();
        assert!(error.contains(&format!("127.0.0.1:{port}")), "{error}");
        let range = PortRange::parse(&format!("{port},0")).unwrap();
        assert_ne!(listen("127.0.0.1", &range).unwrap().local_addr().unwrap().port(), port);
    }

    #[test]
    fn loopback_is_known() {
        assert!(is_loopback("localhost") && is_loopback("127.0.0.1") && !is_loopback("0.0.0.0"));
        assert!(local_address_towards("localhost", 1).unwrap().is_loopback());
    }
}
