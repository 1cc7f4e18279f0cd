use model::{Fault, Outside};

use crate::ground::Ground;

/// A certificate chain and its key, in PEM.
pub struct Certificate {
    /// The chain.
    pub chain: Vec<u8>,
    /// The private key.
    pub key: Vec<u8>,
}

/// Days that a certificate of our own making is good for.
const DAYS: i64 = 90;

/// The certificate that the house made for itself, for this machine only; a new one when the old one nears its end.
pub fn self_made(ground: &Ground, outside: &dyn Outside) -> Result<Certificate, Fault> {
    let until: Option<i64> = ground.read_json("tls/until.json")?;
    let fresh = until.is_some_and(|until| until > outside.now().seconds() + 14 * 24 * 3600);
    if fresh && let (Some(chain), Some(key)) = (ground.read("tls/certificate.pem")?, ground.read("tls/key.pem")?) {
        return Ok(Certificate { chain, key });
    }
    let made = make(outside)?;
    ground.write("tls/certificate.pem", &made.chain)?;
    ground.write("tls/key.pem", &made.key)?;
    ground.write_json("tls/until.json", &(outside.now().seconds() + DAYS * 24 * 3600))?;
    Ok(made)
}

fn make(outside: &dyn Outside) -> Result<Certificate, Fault> {
    let failed = |error: rcgen::Error| Fault::new("making a certificate", error);
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let mut params = rcgen::CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, "Candor on this machine");
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let (year, month, day) = ymd(outside.now().plus_seconds(-24 * 3600))?;
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = ymd(outside.now().plus_seconds(DAYS * 24 * 3600))?;
    params.not_after = rcgen::date_time_ymd(year, month, day);
    let key = rcgen::KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(Certificate { chain: certificate.pem().into_bytes(), key: key.serialize_pem().into_bytes() })
}

/// The calendar day of a moment, UTC.
fn ymd(moment: model::Time) -> Result<(i32, u8, u8), Fault> {
    let date = moment.date();
    let mut parts = date.splitn(3, '-');
    let read = (|| Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?)))();
    read.ok_or_else(|| Fault::new("making a certificate", "the clock shows a year that certificates cannot hold"))
}
