use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address may not be connected to from inside the house, or none if it is a public one.
///
/// Public is what the IANA special-purpose registries (RFC 6890) leave over. For IPv6 that is global unicast `2000::/3`
/// without the blocks that carry an IPv4 address inside, because those lead to wherever that address lies.
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [0, ..] => Some("this network"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("private"),
        [100, 64..=127, ..] => Some("shared with other customers of a carrier"),
        [127, ..] => Some("this machine"),
        [169, 254, ..] => Some("this link"),
        [192, 0, 0, _] => Some("reserved for protocols"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Some("for documentation"),
        [192, 88, 99, _] => Some("a 6to4 relay"),
        [198, 18..=19, ..] => Some("for benchmarks"),
        [224..=239, ..] => Some("multicast"),
        [240..=255, ..] => Some("reserved"),
        _ => None,
    }
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(words) = carries_v4(address) {
        return Some(words);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("no address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("this machine"),
        [0xfc00..=0xfdff, ..] => Some("private"),
        [0xfe80..=0xfeff, ..] => Some("this link or site"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Some("for documentation"),
        // 2001::/23: benchmarks, ORCHID, and Teredo, which carries IPv4.
        [0x2001, 0..=0x01ff, ..] => Some("reserved for protocols"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("reserved"),
    }
}

/// Forms of an IPv4 address in IPv6.
fn carries_v4(address: Ipv6Addr) -> Option<&'static str> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] => Some("an IPv4 address in IPv6"),
        [0, 0, 0, 0, 0, 0, high, low] if (high, low) != (0, 0) && (high, low) != (0, 1) => {
            Some("an IPv4 address in IPv6")
        }
        [0, 0, 0, 0, 0xffff, 0, ..] => Some("an IPv4 address in IPv6"),
        [0x0064, 0xff9b, ..] => Some("an IPv4 address behind a translator (NAT64)"),
        [0x2002, ..] => Some("an IPv4 address in 6to4"),
        [_, _, _, _, 0 | 0x0200, 0x5efe, ..] => Some("an IPv4 address in ISATAP"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Option<&'static str> {
        forbidden(text.parse().unwrap())
    }

    #[test]
    fn what_is_not_public_is_forbidden() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.254",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2a00:1450:4001:82a:0:5efe:7f00:1",
        ] {
            assert!(check(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_public_is_allowed() {
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.254",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "2a00:1450:4001:82a::200e",
            "3ffe::1",
        ] {
            assert_eq!(check(text), None, "{text}");
        }
    }
}
