//! The demo house: two synthetic practices with people who can sign in, and the two tenants of the probe runner.

use std::net::SocketAddr;

use identity::rules::code;
use identity::rules::email::EmailAddress;
use identity::{HeldRole, KeyOrder, NewAccount, NewTenant, Policy, SignUpMode, SignUpPolicy};
use model::{Answer, Fault, No, Outside, SubjectId, TenantId};
use seal::Secret;
use serde::{Deserialize, Serialize};
use trust::Credentials;
use trust::house::{FhirAccess, Person, Tenant};

use crate::house::House;

/// What the demo house was furnished with. Kept in the data directory for its owner alone, shown at every start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Furnished {
    practices: Vec<Practice>,
    sign_ins: Vec<SignIn>,
    figures_token: String,
    probe: Vec<Probe>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Practice {
    name: String,
    tenant: TenantId,
    token: String,
}

/// Somebody who can sign in to the demo house.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// The address to sign in with.
    pub email: String,
    /// The password.
    pub password: String,
    /// The second factor's secret in base32.
    pub totp_secret: String,
    /// What they are.
    pub role: String,
    /// Where.
    pub organisation: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Probe {
    name: String,
    tenant: TenantId,
    token: String,
    idle_seconds: Option<i64>,
    people: Vec<SignIn>,
}

/// The one line that a demo house prints when it is ready.
#[derive(Debug, Clone, Serialize)]
pub struct Ready {
    ready: bool,
    address: String,
    trust: String,
    fhir: Vec<FhirFace>,
    sign_ins: Vec<SignIn>,
    certificate: std::path::PathBuf,
}

#[derive(Debug, Clone, Serialize)]
struct FhirFace {
    tenant: TenantId,
    name: String,
    base: String,
    token: String,
}

/// One who works in a demo practice: part of the address, name, roles, title.
pub(crate) type Staff = (&'static str, &'static str, &'static [&'static str], &'static str);

const PRACTICES: [(&str, &str, &[Staff]); 2] = [
    (
        "Brightwater Dental",
        "brightwater",
        &[
            (
                "amara",
                "Dr Amara Mensah",
                &["principal-dentist", "administrator", "security-analyst"],
                "principal dentist and administrator",
            ),
            ("jonas", "Dr Jonas Lindqvist", &["associate-dentist", "emergency-user"], "associate dentist"),
            ("priya", "Priya Raman", &["receptionist"], "receptionist"),
            ("tom", "Tom Okafor", &["auditor"], "auditor"),
            ("ruth", "Ruth Adeyemi", &["administrator", "privacy-officer"], "second administrator and privacy officer"),
        ],
    ),
    (
        "Harbour Lane Dental",
        "harbourlane",
        &[
            (
                "siobhan",
                "Dr Siobhán Kelly",
                &["principal-dentist", "administrator", "security-analyst"],
                "principal dentist and administrator",
            ),
            ("wei", "Wei Zhang", &["receptionist"], "receptionist"),
        ],
    ),
];

/// The runner's people: enough of them that a one-time code is never needed twice in its half minute.
const PROBE_STAFF: [Staff; 7] = [
    ("administrator", "Probe Administrator", &["administrator", "practice-manager"], "administrator+practice-manager"),
    ("dentist", "Probe Dentist", &["principal-dentist"], "principal-dentist"),
    ("receptionist", "Probe Receptionist", &["receptionist"], "receptionist"),
    ("auditor", "Probe Auditor", &["auditor"], "auditor"),
    ("second-dentist", "Probe Second Dentist", &["principal-dentist"], "principal-dentist"),
    ("third-dentist", "Probe Third Dentist", &["principal-dentist"], "principal-dentist"),
    ("study-designer", "Probe Study Designer", &["study-designer", "data-standards-lead"], "study-designer"),
];

/// Who looks at what strangers try on the house.
const HOUSE_STAFF: [Staff; 3] = [
    ("noor", "Noor Haddad", &["house.security-analyst"], "security analyst of the house"),
    ("olga", "Olga Brandt", &["house.operator"], "operator of the house, who holds nothing in any organisation"),
    ("dev", "Devi Nair", &["house.developer"], "developer of the house, who holds nothing at all"),
];

/// Where the demo keeps its own secrets.
const KEPT: &str = "demo.json";
/// Days until a demo key ends.
const KEY_DAYS: i64 = 365;
/// The idle limit in the runner's second tenant, short enough to be waited for.
const SHORT_IDLE_SECONDS: i64 = 4;

/// Furnishes a house that is new, or finds what it was furnished with.
pub async fn furnish(house: &House, patients: usize) -> Result<Furnished, Fault> {
    if let Some(kept) = house.ground.read_json(KEPT)? {
        return Ok(kept);
    }
    let furnished = make(house, patients).await.map_err(unexpected)?;
    house.ground.write_json(KEPT, &furnished)?;
    Ok(furnished)
}

async fn make(house: &House, patients: usize) -> Answer<Furnished> {
    let mut furnished =
        Furnished { practices: Vec::new(), sign_ins: Vec::new(), figures_token: String::new(), probe: Vec::new() };
    for (seed, (name, domain, staff)) in PRACTICES.into_iter().enumerate() {
        let tenant = new_tenant(house, name, Policy::USUAL).await?;
        take_in(house, tenant, domain, if seed == 0 { SignUpMode::Approval } else { SignUpMode::Invite }).await?;
        let mut owner = None;
        for one in staff {
            let (account, sign_in) = hire(house, tenant, one, name, &format!("{domain}.example")).await?;
            owner.get_or_insert(account);
            furnished.sign_ins.push(sign_in);
        }
        let token = key(house, tenant, owner, "Demo interface", &["integration"]).await?;
        let (request, now) = (house.outside().request_id(), house.outside().now());
        let duty = identity::duty_ctx(&house.vault, practice::FURNISH, tenant, request, now);
        practice::furnish(&house.vault, &duty, seed as u64 + 1, patients).await?;
        furnished.practices.push(Practice { name: name.to_owned(), tenant, token });
    }
    let design = crate::demo_trials::furnish(house).await?;
    furnished.sign_ins.extend(design);
    for (name, idle_seconds) in [("probe-a", None), ("probe-b", Some(SHORT_IDLE_SECONDS))] {
        furnished.probe.push(probe_tenant(house, name, idle_seconds).await?);
    }
    for staff in &HOUSE_STAFF {
        let (_, sign_in) = hire(house, house.name.house, staff, "The house", "candor.example").await?;
        furnished.sign_ins.push(sign_in);
    }
    let owner = Some(SubjectId::from_uuid(house.name.house.uuid()));
    furnished.figures_token = key(house, house.name.house, owner, "Probe runner", &["prover"]).await?;
    Ok(furnished)
}

async fn probe_tenant(house: &House, name: &str, idle_seconds: Option<i64>) -> Answer<Probe> {
    let usual = Policy::USUAL;
    let policy = Policy { session_idle_seconds_max: idle_seconds.unwrap_or(usual.session_idle_seconds_max), ..usual };
    let tenant = new_tenant(house, name, policy).await?;
    take_in(house, tenant, name, if idle_seconds.is_none() { SignUpMode::Approval } else { SignUpMode::Open }).await?;
    let mut people = Vec::new();
    let mut owner = None;
    for staff in &PROBE_STAFF {
        let (account, sign_in) = hire(house, tenant, staff, name, &format!("{name}.example")).await?;
        owner.get_or_insert(account);
        people.push(sign_in);
    }
    let token =
        key(house, tenant, owner, "Probe runner", &["integration", "auditor", "attack-reader", "mailroom"]).await?;
    Ok(Probe { name: name.to_owned(), tenant, token, idle_seconds, people })
}

pub(crate) async fn new_tenant(house: &House, name: &str, policy: Policy) -> Answer<TenantId> {
    let whole = NewTenant { name: name.to_owned(), synthetic: true, policy };
    Ok(house.identity.create_tenant(&whole, house.outside().request_id(), house.outside().now()).await?)
}

/// How an organisation takes people in; the short name of its sign-up page is that of its addresses.
async fn take_in(house: &House, tenant: TenantId, place: &str, mode: SignUpMode) -> Answer<()> {
    let offered = ["auditor", "associate-dentist", "receptionist"].map(str::to_owned).to_vec();
    let policy = SignUpPolicy { mode, place: place.to_owned(), domains: vec![format!("{place}.example")], offered };
    let (request, now) = (house.outside().request_id(), house.outside().now());
    house.identity.set_sign_up_at_set_up(tenant, policy, request, now).await
}

pub(crate) async fn hire(
    house: &House,
    tenant: TenantId,
    staff: &Staff,
    organisation: &str,
    domain: &str,
) -> Answer<(SubjectId, SignIn)> {
    let (who, name, roles, title) = *staff;
    let outside = house.outside();
    let email = format!("{who}@{domain}");
    let address = EmailAddress::parse(&email).map_err(|words| Fault::new("furnishing the demo", words))?;
    let password = passphrase(outside.as_ref());
    let secret = code::new_secret(outside.as_ref());
    let new = NewAccount {
        email: address,
        name: name.to_owned(),
        password: Secret::new(password.as_bytes()),
        roles: roles.iter().map(|role| HeldRole::always(*role)).collect(),
        factor: Some(secret.clone()),
    };
    let account = house.identity.create_account(tenant, new, outside.request_id(), outside.now()).await?;
    let sign_in =
        SignIn { email, password, totp_secret: secret, role: title.to_owned(), organisation: organisation.to_owned() };
    Ok((account, sign_in))
}

async fn key(house: &House, tenant: TenantId, owner: Option<SubjectId>, name: &str, roles: &[&str]) -> Answer<String> {
    let owner = owner.ok_or_else(|| Fault::new("furnishing the demo", "nobody can own a key"))?;
    let now = house.outside().now();
    let order = KeyOrder {
        name: name.to_owned(),
        owner,
        roles: roles.iter().map(|role| HeldRole::always(*role)).collect(),
        ends: now.plus_seconds(KEY_DAYS * 24 * 3600),
    };
    house.identity.create_key_at_set_up(tenant, order, house.outside().request_id(), now).await
}

/// A random password that can be typed: four groups of five letters and digits, 100 bits.
fn passphrase(outside: &dyn Outside) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let mut bytes = [0u8; 20];
    outside.fill(&mut bytes);
    let letters: Vec<char> =
        bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 31))).map(|letter| char::from(*letter)).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What the runner must know, written where only the house's owner can read it.
pub fn tell_runner(house: &House, furnished: &Furnished, address: SocketAddr) -> Result<(), Fault> {
    let base = format!("https://{address}");
    let tenants = furnished.probe.iter().map(|probe| Tenant {
        name: probe.name.clone(),
        id: Some(probe.tenant.to_string()),
        people: probe.people.iter().map(person).collect(),
        fhir: FhirAccess { base: format!("{base}/fhir/r4"), token: probe.token.clone() },
        sign_up: Some(probe.name.clone()),
        session_idle_seconds: probe.idle_seconds.and_then(|seconds| u64::try_from(seconds).ok()),
    });
    let known = Credentials {
        base: base.clone(),
        certificate: house.ground.at("tls/certificate.pem"),
        data: house.ground.root().to_owned(),
        deployment: house.name.deployment.clone(),
        figures_token: furnished.figures_token.clone(),
        tenants: tenants.collect(),
    };
    house.ground.write_json("runner/credentials.json", &known)
}

fn person(sign_in: &SignIn) -> Person {
    Person {
        email: sign_in.email.clone(),
        password: sign_in.password.clone(),
        totp_secret: sign_in.totp_secret.clone(),
        role: sign_in.role.clone(),
    }
}

/// The ready line of a demo house.
pub fn ready(house: &House, furnished: &Furnished, address: SocketAddr) -> Ready {
    let base = format!("https://{address}");
    let fhir = furnished.practices.iter().map(|practice| FhirFace {
        tenant: practice.tenant,
        name: practice.name.clone(),
        base: format!("{base}/fhir/r4"),
        token: practice.token.clone(),
    });
    Ready {
        ready: true,
        trust: format!("{base}/trust"),
        fhir: fhir.collect(),
        sign_ins: furnished.sign_ins.clone(),
        certificate: house.ground.at("tls/certificate.pem"),
        address: base,
    }
}

/// The same for people.
pub fn welcome(furnished: &Furnished, address: SocketAddr) -> String {
    let mut text = format!(
        "\nThe demo house is open. Everything in it is made up.\n\n  House         https://{address}\n  Trust page    https://{address}/trust\n  Sign up       https://{address}/sign-up/brightwater (letters stay in the house: sign in as an administrator and open /outbox)\n\nSign in as\n"
    );
    for one in &furnished.sign_ins {
        text.push_str(&format!(
            "  {:<32} {:<25} {} at {}\n    code: candor totp {}\n",
            one.email, one.password, one.role, one.organisation, one.totp_secret
        ));
    }
    text.push_str("\nThe certificate is the house's own, so a browser will ask once. Ctrl-C closes the house.\n");
    text
}

fn unexpected(no: No) -> Fault {
    match no {
        No::Fault(fault) => fault,
        No::Refusal(refusal) => Fault::new("furnishing the demo", refusal),
    }
}
