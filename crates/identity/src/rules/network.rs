//! Networks that a key may be used from (CIDR, RFC 4632 and RFC 4291 §2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// Networks that one key may name.
pub const NETWORKS_MAX: usize = 20;

/// A range of addresses that share their first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

impl Network {
    /// From `192.0.2.0/24`, `2001:db8::/32` or a single address. Bits after the prefix must be zero, so that nobody
    /// means one address and allows a thousand.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let first: IpAddr = address.parse().map_err(|_| {
            format!("{text} is not a network. Enter an address such as 192.0.2.7, or a network such as 192.0.2.0/24.")
        })?;
        let whole = width(first);
        let bits = match bits {
            None => whole,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|number| *number <= whole && bits.len() <= 3 && !bits.starts_with('+'))
                .ok_or_else(|| format!("The part of {text} after the slash must be a number from 0 to {whole}."))?,
        };
        if masked(first, bits) != first {
            return Err(format!(
                "{text} is one address of a larger network. Enter {}/{bits} for all of it.",
                masked(first, bits)
            ));
        }
        Ok(Self { first, bits })
    }

    /// Whether an address lies inside. An IPv4 address that came in as IPv6 (`::ffff:192.0.2.7`) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.first) && masked(address, self.bits) == self.first
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bits == width(self.first) {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}/{}", self.first, self.bits),
        }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

/// A list as typed: separated by spaces, commas or new lines. Empty means everywhere.
pub fn parse_list(text: &str) -> Result<Vec<Network>, String> {
    let mut list = Vec::new();
    for part in text.split([' ', ',', '\n', '\t', '\r']).filter(|part| !part.is_empty()) {
        if list.len() == NETWORKS_MAX {
            return Err(format!("A key takes up to {NETWORKS_MAX} networks. Join some of them."));
        }
        list.push(Network::parse(part)?);
    }
    Ok(list)
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(four) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(four.to_bits() & mask))
        }
        IpAddr::V6(six) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(text: &str) -> Network {
        Network::parse(text).unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        let office = network("192.0.2.0/24");
        for (address, inside) in [
            ("192.0.2.0", true),
            ("192.0.2.255", true),
            ("192.0.3.0", false),
            ("192.0.1.255", false),
            ("::ffff:192.0.2.7", true),
            ("2001:db8::1", false),
        ] {
            assert_eq!(office.contains(address.parse().unwrap()), inside, "{address}");
        }
        assert!(network("0.0.0.0/0").contains("203.0.113.9".parse().unwrap()));
        assert!(!network("0.0.0.0/0").contains("2001:db8::1".parse().unwrap()));
        assert!(network("::/0").contains("2001:db8::1".parse().unwrap()));
        assert!(network("2001:db8::7").contains("2001:db8::7".parse().unwrap()));
        assert!(!network("2001:db8::7").contains("2001:db8::8".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused_in_words() {
        for text in [
            "",
            "office",
            "192.0.2.0/33",
            "192.0.2.0/-1",
            "192.0.2.0/+8",
            "192.0.2.0/",
            "192.0.2.1/24",
            "::1/129",
            "1.2.3/8",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
        assert!(Network::parse("192.0.2.7/24").unwrap_err().contains("192.0.2.0/24"));
        assert_eq!(parse_list(" 192.0.2.0/24,\n2001:db8::/32 ").unwrap().len(), 2);
        assert_eq!(parse_list("").unwrap(), []);
        assert!(parse_list(&"192.0.2.7 ".repeat(NETWORKS_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn a_network_is_the_set_of_addresses_that_share_its_bits(first in any::<u32>(), other in any::<u32>(), bits in 0u8..=32) {
            let IpAddr::V4(start) = masked(IpAddr::V4(Ipv4Addr::from_bits(first)), bits) else { unreachable!() };
            let shown = network(&format!("{start}/{bits}"));
            prop_assert_eq!(network(&shown.to_string()), shown);
            let share = bits == 0 || first >> (32 - bits) == other >> (32 - bits);
            prop_assert_eq!(shown.contains(IpAddr::V4(Ipv4Addr::from_bits(other))), share);
        }
    }
}
