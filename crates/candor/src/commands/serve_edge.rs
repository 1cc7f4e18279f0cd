use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use web::{Budget, Network, Proxies, Says};

use super::Failed;
use crate::edge::{CertificateFiles, Edge};
use crate::security_txt;

/// `[edge]` of `candor.toml`: how the house meets whoever comes to it. Unknown keys are refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EdgePart {
    /// Where to listen without encryption, only to redirect.
    redirect_from: Option<SocketAddr>,
    /// The port to redirect to, if not the one of `listen`.
    redirect_to_port: Option<u16>,
    /// Whom to tell about a weakness.
    security_contact: Option<String>,
    /// Which websites may call interfaces from a browser.
    origins: Vec<OriginPart>,
    budgets: BudgetsPart,
    limits: LimitsPart,
    proxies: Option<ProxiesPart>,
}

/// Requests a minute, and requests at a time. What is not said stays as it is by default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BudgetsPart {
    address_per_minute: Option<u32>,
    account_per_minute: Option<u32>,
    key_per_minute: Option<u32>,
    organisation_per_minute: Option<u32>,
    organisation_at_once_max: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsPart {
    connections_max: Option<usize>,
    connections_per_address_max: Option<usize>,
    handshake_seconds_max: Option<u64>,
    header_seconds_max: Option<u64>,
    streams_max: Option<u32>,
    answer_grace_seconds: Option<u64>,
    answer_bytes_per_second_min: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OriginPart {
    /// The organisation's id.
    organisation: model::TenantId,
    /// The website, such as `https://app.example.org`.
    origin: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProxiesPart {
    from: Vec<String>,
    says: SaysPart,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SaysPart {
    ProxyProtocol,
    Forwarded,
    XForwardedFor,
}

impl EdgePart {
    pub(super) fn edge(self, certificate: Option<CertificateFiles>) -> Result<Edge, Failed> {
        if let Some(flaw) = self.security_contact.as_deref().and_then(security_txt::flaw) {
            return Err(Failed(flaw.to_owned()));
        }
        let mut edge = Edge {
            redirect_from: self.redirect_from,
            redirect_to_port: self.redirect_to_port,
            certificate,
            security_contact: self.security_contact,
            ..Edge::default()
        };
        for part in self.origins {
            edge.origins.add(&part.origin, part.organisation).map_err(Failed)?;
        }
        self.budgets.change(&mut edge)?;
        self.limits.change(&mut edge)?;
        edge.limits.proxies = self.proxies.map(ProxiesPart::proxies).transpose()?;
        Ok(edge)
    }
}

impl BudgetsPart {
    fn change(self, edge: &mut Edge) -> Result<(), Failed> {
        let budgets = &mut edge.budgets;
        let per_minute = [
            (self.address_per_minute, &mut budgets.address),
            (self.account_per_minute, &mut budgets.account),
            (self.key_per_minute, &mut budgets.key),
            (self.organisation_per_minute, &mut budgets.organisation),
        ];
        for (wanted, budget) in per_minute {
            if let Some(requests) = at_least_one(wanted)? {
                *budget = Budget { requests, seconds: 60 };
            }
        }
        if let Some(at_once) = at_least_one(self.organisation_at_once_max)? {
            budgets.organisation_at_once_max = at_once;
        }
        Ok(())
    }
}

impl LimitsPart {
    fn change(self, edge: &mut Edge) -> Result<(), Failed> {
        let limits = &mut edge.limits;
        set(&mut limits.connections_max, at_least_one(self.connections_max)?);
        set(&mut limits.connections_per_address_max, at_least_one(self.connections_per_address_max)?);
        set(&mut limits.streams_max, at_least_one(self.streams_max)?);
        set(&mut limits.answer_bytes_per_second_min, self.answer_bytes_per_second_min);
        set(&mut limits.handshake_time_max, at_least_one(self.handshake_seconds_max)?.map(Duration::from_secs));
        set(&mut limits.header_time_max, at_least_one(self.header_seconds_max)?.map(Duration::from_secs));
        set(&mut limits.answer_grace, at_least_one(self.answer_grace_seconds)?.map(Duration::from_secs));
        Ok(())
    }
}

impl ProxiesPart {
    fn proxies(self) -> Result<Proxies, Failed> {
        let from: Result<Vec<Network>, String> = self.from.iter().map(|text| text.parse()).collect();
        let says = match self.says {
            SaysPart::ProxyProtocol => Says::ProxyProtocol,
            SaysPart::Forwarded => Says::Forwarded,
            SaysPart::XForwardedFor => Says::XForwardedFor,
        };
        Ok(Proxies { from: from.map_err(Failed)?, says })
    }
}

fn set<T>(place: &mut T, wanted: Option<T>) {
    if let Some(wanted) = wanted {
        *place = wanted;
    }
}

/// A limit of none at all would close the house; whoever wants that does not start it.
fn at_least_one<T: PartialOrd + From<bool>>(wanted: Option<T>) -> Result<Option<T>, Failed> {
    match wanted {
        Some(number) if number < T::from(true) => Err(Failed("a limit under [edge] must be at least 1".to_owned())),
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Edge, String> {
        let part: EdgePart = toml::from_str(text).map_err(|error| error.to_string())?;
        part.edge(None).map_err(|failed| failed.0)
    }

    #[test]
    fn what_is_said_is_taken_and_the_rest_stays() {
        let edge = read(
            r#"
            redirect_from = "127.0.0.1:8080"
            security_contact = "mailto:security@example.org"
            budgets.address_per_minute = 120
            limits.connections_max = 10
            proxies = { from = ["10.0.0.0/8"], says = "proxy-protocol" }
            "#,
        )
        .unwrap();
        assert_eq!(edge.budgets.address, Budget { requests: 120, seconds: 60 });
        assert_eq!(edge.budgets.account, Edge::default().budgets.account);
        assert_eq!(edge.limits.connections_max, 10);
        assert_eq!(edge.limits.proxies.unwrap().says, Says::ProxyProtocol);
    }

    #[test]
    fn what_is_unknown_or_makes_no_sense_is_refused() {
        for text in [
            "budget.address_per_minute = 1",
            "budgets.adress_per_minute = 1",
            "budgets.address_per_minute = 0",
            "limits.connections_max = 0",
            "security_contact = 'security@example.org'",
            "origins = [{ organisation = '01890a5d-ac96-774b-bcce-b302099a8057', origin = '*' }]",
            "proxies = { from = ['10.0.0.0/33'], says = 'forwarded' }",
            "proxies = { from = ['10.0.0.0/8'], says = 'anything' }",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
