//! The `[mail]` table of the configuration: how letters leave the house.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use identity::post::{self, Encryption, SendGrid, Sender, Smtp, SmtpSettings};
use model::{Fault, Outside};
use outbound::{Client, DataClass, Destination, Settings};
use seal::Secret;
use serde::Deserialize;

use crate::house::MailPlan;

/// `[mail]`. Exactly one carrier. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// From whom letters come, such as `Candor <no-reply@practice.example>`.
    from: String,
    /// The house's public address, which links in letters begin with: `https://candor.practice.example`.
    address: String,
    /// `[mail.smtp]`.
    smtp: Option<SmtpTable>,
    /// `[mail.sendgrid]`.
    sendgrid: Option<SendGridTable>,
    /// `outbox = "kept"`: letters stay in the house and can be read there. For development.
    outbox: Option<Kept>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SendGridTable {
    /// A file with the account's key.
    key_file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kept {
    Kept,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SmtpTable {
    /// The mail server's name, as its certificate has it.
    host: String,
    /// Its port, if not 465 (`implicit`) or 587 (`starttls`).
    port: Option<u16>,
    /// When TLS begins. There is no value for never.
    encryption: When,
    user: Option<String>,
    /// A file with the password.
    password_file: Option<PathBuf>,
    /// A file with the authority of an own mail server, in PEM, in place of the public ones.
    authority_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum When {
    Implicit,
    Starttls,
}

/// What the table asks for.
pub fn plan(mail: Mail, outside: &Arc<dyn Outside>) -> Result<MailPlan, Fault> {
    let doing = "reading the configuration of mail";
    let sender = Sender::parse(&mail.from).map_err(|words| Fault::new(doing, words))?;
    if !mail.address.starts_with("https://") || mail.address.len() > 200 {
        return Err(Fault::new(doing, "address is not of the form https://candor.practice.example"));
    }
    match (mail.smtp, mail.sendgrid, mail.outbox) {
        (None, None, Some(Kept::Kept)) => Ok(MailPlan::Outbox),
        (None, Some(table), None) => {
            let key = Secret::new(read(&table.key_file)?.trim_ascii_end());
            let client = way_out(post::DESTINATION, post::SENDGRID_HOST, outside)?;
            let carrier = SendGrid::new(sender, key, client, post::SENDGRID_HOST);
            Ok(MailPlan::By(Arc::new(carrier), mail.address))
        }
        (Some(table), None, None) => {
            let smtp = Smtp::new(sender, settings(table)?, Arc::clone(outside))?;
            Ok(MailPlan::By(Arc::new(smtp), mail.address))
        }
        _ => Err(Fault::new(doing, "there is to be exactly one carrier")),
    }
}

fn settings(table: SmtpTable) -> Result<SmtpSettings, Fault> {
    let credentials = match (table.user, &table.password_file) {
        (Some(user), Some(file)) => Some((user, Secret::new(read(file)?.trim_ascii_end()))),
        (None, None) => None,
        _ => return Err(Fault::new("reading the configuration of mail", "user and password_file go together")),
    };
    let (encryption, usual) = match table.encryption {
        When::Implicit => (Encryption::Implicit, 465),
        When::Starttls => (Encryption::Starttls, 587),
    };
    Ok(SmtpSettings {
        host: table.host,
        port: table.port.unwrap_or(usual),
        encryption,
        credentials,
        authority_pem: table.authority_file.as_deref().map(read).transpose()?,
    })
}

/// A file of the configuration.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Fault> {
    std::fs::read(file).map_err(|error| Fault::new(format!("reading {}", file.display()), error))
}

/// The guarded way out, to one host and no other.
pub(crate) fn way_out(name: &str, host: &str, outside: &Arc<dyn Outside>) -> Result<Client, Fault> {
    let destination = Destination { name: name.to_owned(), hosts: vec![host.to_owned()], data: DataClass::Identifying };
    let settings = Settings { destinations: vec![destination], ..Settings::default() };
    Client::new(settings, Arc::clone(outside)).map_err(|error| Fault::new("preparing the way out", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_without_tls_with_unknown_keys_or_without_a_carrier_is_refused() {
        let head = "from = \"Candor <a@b.example>\"\naddress = \"https://candor.example\"\n";
        let good = "[smtp]\nhost = \"mail.example\"\nencryption = \"starttls\"\n";
        let plan = |rest: &str| {
            let mail = toml::from_str(&format!("{head}{rest}")).map_err(|error| error.to_string())?;
            plan(mail, &(Arc::new(crate::Machine) as Arc<dyn Outside>)).map_err(|fault| fault.to_string())
        };
        assert!(matches!(plan(good), Ok(MailPlan::By(..))));
        assert!(matches!(plan("outbox = \"kept\"\n"), Ok(MailPlan::Outbox)));
        for bad in [
            "",
            "[smtp]\nhost = \"mail.example\"\nencryption = \"none\"\n",
            "[smtp]\nhost = \"mail.example\"\n",
            "[smtp]\nhost = \"mail.example\"\nencryption = \"starttls\"\nverify = false\n",
            "outbox = \"shown\"\n",
            "outbox = \"kept\"\n[sendgrid]\nkey_file = \"/nowhere\"\n",
            "pigeon = 1\n[smtp]\nhost = \"mail.example\"\nencryption = \"starttls\"\n",
        ] {
            assert!(plan(bad).is_err(), "{bad}");
        }
    }
}
