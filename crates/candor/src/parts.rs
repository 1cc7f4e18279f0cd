//! Every kind, permission, role and route of the house. What stands here is what `declared/` shows.

use std::sync::Arc;

use access::{AssembleError, Registry};
use identity::rules::scope::ScopedType;
use identity::{Identity, Letters};
use model::{KindDecl, Purpose};
use vault::Vault;
use watch::Watch;
use web::Site;

use crate::security_txt::Notice;

/// Every kind that may be stored.
pub fn kinds() -> Vec<&'static KindDecl> {
    [identity::KINDS, practice::KINDS, trials::KINDS, watch::KINDS].concat()
}

/// Every permission and role.
pub fn registry() -> Result<Registry, AssembleError> {
    Registry::assemble(
        &[identity::PERMISSIONS, practice::PERMISSIONS, trials::PERMISSIONS, watch::PERMISSIONS],
        &[identity::ROLES, practice::ROLES, trials::ROLES, watch::ROLES],
    )
}

/// What the routes work on.
pub struct Needed {
    /// Records.
    pub vault: Arc<Vault>,
    /// Who is who.
    pub identity: Arc<Identity>,
    /// Where the runner keeps the public log and its results.
    pub trust: std::path::PathBuf,
    /// Opens first set-up, if it is open.
    pub set_up_token: Option<Arc<str>>,
    /// Whom to tell about a weakness.
    pub security_contact: Option<Arc<str>>,
    /// What becomes of letters.
    pub letters: Letters,
    /// Who watches the door.
    pub watch: Arc<Watch>,
}

/// What the first administrator of an organisation holds.
pub const FIRST_ROLES: &[&str] = &["administrator", "practice-manager", "principal-dentist", "security-analyst"];

/// Where somebody lands after signing in: the front page leads on to what they may open.
pub const HOME: &str = "/";

/// The types of the FHIR interface and the nouns of their permissions, for programs that ask for tokens.
const SCOPES: &[ScopedType] = &[
    ScopedType { resource: "Patient", noun: "patient" },
    ScopedType { resource: "Practitioner", noun: "practitioner" },
    ScopedType { resource: "DocumentReference", noun: "document" },
    ScopedType { resource: "Binary", noun: "document" },
];

/// Every route of the house, and the list of them for whoever wants to check each.
pub fn site(needed: Needed) -> Site {
    let state = identity::State::new(needed.identity, HOME, FIRST_ROLES, needed.set_up_token);
    let state = state.scopes(SCOPES);
    let identity = identity::site(state.letters(needed.letters).nav(&practice::NAV));
    let notice = Notice { contact: needed.security_contact, outside: Arc::clone(needed.vault.outside()) };
    let security = crate::security_txt::site(notice);
    let front = crate::pages::site(Arc::clone(&needed.vault));
    let registry = Arc::clone(needed.vault.registry());
    let trials = trials::site(trials::State::new(Arc::clone(&needed.vault))).for_purpose(Purpose::TrialDesign);
    let practice = practice::site(practice::State::new(needed.vault));
    let trust = trust::site(trust::State::new(needed.trust));
    let watch = watch::site(needed.watch).for_purpose(Purpose::Security);
    let applications = front.join(identity).join(practice).join(trials);
    crate::pages::with_lists(applications.join(trust).join(watch).join(security), &registry)
}
