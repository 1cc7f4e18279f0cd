//! Pages of the door, and the addresses where programs read counts and evidence.

mod challenge;
mod counts;
mod evidence;
mod joining;
mod key_new;
mod keys;
mod oauth;
mod outbox;
mod own_factors;
mod passkey;
mod programs;
mod quota;
mod reset;
mod rights;
mod robot;
mod security;
mod set_up;
mod sign_in;
mod sign_up;
mod step_up;

use std::sync::Arc;

use access::Ctx;
use askama::Template;
use axum::http::Method;
use model::Purpose;
use web::{
    Cache, Doorkeeper as _, Frame, FromForm, NavItem, Needs, Reader, Reply, Room, RouteDecl, Site, Width, page,
    problem_json,
};

pub(crate) use rights::window_words;

use crate::Identity;
use crate::rules::scope::ScopedType;

/// What the pages need to know beside identity itself.
#[derive(Clone)]
pub struct State {
    pub(crate) identity: Arc<Identity>,
    /// Where somebody lands after signing in.
    pub(crate) home: &'static str,
    /// The roles of an organisation's first administrator.
    pub(crate) first_roles: &'static [&'static str],
    /// The one-time token that first set-up asks for, while it is open.
    pub(crate) set_up_token: Option<Arc<str>>,
    /// Whether letters are kept in the house, and can be read here.
    pub(crate) letters: Letters,
    /// The addresses in the top bar for people who work here.
    pub(crate) nav: &'static [NavItem],
    /// The types of the interface that programs can ask tokens for.
    pub(crate) scopes: &'static [ScopedType],
}

/// What becomes of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// They leave the house.
    Sent,
    /// They are kept in an outbox that can be read: a demo house.
    Kept,
}

impl State {
    /// Pages over identity; `home` is where somebody lands after signing in, `first_roles` what a first
    /// administrator holds, `set_up_token` opens first set-up.
    pub fn new(
        identity: Arc<Identity>,
        home: &'static str,
        first_roles: &'static [&'static str],
        set_up_token: Option<Arc<str>>,
    ) -> Self {
        Self { identity, home, first_roles, set_up_token, letters: Letters::Sent, nav: &[], scopes: &[] }
    }

    /// The same, whose letters are sent or kept.
    #[must_use]
    pub const fn letters(mut self, letters: Letters) -> Self {
        self.letters = letters;
        self
    }

    /// The same, where programs can ask tokens for these types.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'static [ScopedType]) -> Self {
        self.scopes = scopes;
        self
    }

    /// The same, with these addresses in the top bar of pages for people who work here.
    #[must_use]
    pub const fn nav(mut self, nav: &'static [NavItem]) -> Self {
        self.nav = nav;
        self
    }
}

/// A page that may run the script of passkeys.
const fn scripted(method: Method, path: &'static str, needs: Needs, words: &'static str) -> RouteDecl {
    RouteDecl::new(method, path, needs, words).own_scripts()
}

/// What people look after themselves.
fn own_account(state: State) -> Site {
    let new_passkey = "/security/passkeys/new";
    let new_generator = "/security/authenticators/new";
    let may_set = Needs::Permission("organisation.update");
    Site::pages()
        .get("/security", Needs::Session, "See one's own factors and sessions.", security::see)
        .post("/security/sessions/end", Needs::Session, "End one of one's own sessions.", security::end)
        .post("/security/sessions/end-all", Needs::Session, "End all of one's own sessions.", security::end_all)
        .post("/security/factors/remove", Needs::SteppedUp, "Remove one's own second factor.", security::remove)
        .add(scripted(Method::GET, new_passkey, Needs::SteppedUp, "Ask for a new passkey."), own_factors::new_passkey)
        .add(scripted(Method::POST, new_passkey, Needs::SteppedUp, "Add a passkey."), own_factors::add_passkey)
        .get(new_generator, Needs::SteppedUp, "Show the key of a new authenticator.", own_factors::new_generator)
        .post(new_generator, Needs::SteppedUp, "Add an authenticator.", own_factors::add_generator)
        .get("/security/recovery", Needs::SteppedUp, "Say what recovery codes are.", own_factors::about_recovery)
        .post("/security/recovery", Needs::SteppedUp, "Make new recovery codes.", own_factors::renew_recovery)
        .get("/security/password", Needs::SteppedUp, "Ask for a new password.", own_factors::password)
        .post("/security/password", Needs::SteppedUp, "Change one's own password.", own_factors::change_password)
        .get("/settings/passwords", may_set, "See what passwords must be.", own_factors::policy)
        .post("/settings/passwords", may_set, "Set what passwords must be.", own_factors::set_policy)
        .with_state(state)
}

/// Every route of identity.
pub fn site(state: State) -> Site {
    let rights = state.clone();
    let sign_in_post = RouteDecl::new(Method::POST, "/sign-in", Needs::Public, "Check the first factor.");
    let pages = Site::pages()
        .add(scripted(Method::GET, "/sign-in", Needs::Public, "Sign in with a password or a passkey."), sign_in::ask)
        .add(sign_in_post.challenge_scripts(), sign_in::password)
        .add(
            scripted(Method::POST, "/sign-in/code", Needs::Public, "Check the second factor and begin a session."),
            sign_in::code,
        )
        .add(
            scripted(Method::POST, "/sign-in/passkey", Needs::Public, "Check a passkey and begin a session."),
            sign_in::passkey,
        )
        .post("/sign-in/password", Needs::Public, "Replace a password that is too old.", sign_in::replace)
        .post("/sign-out", Needs::Session, "End this session.", sign_in::out)
        .add(scripted(Method::GET, "/step-up", Needs::Session, "Ask for the second factor once more."), step_up::ask)
        .add(
            scripted(
                Method::POST,
                "/step-up",
                Needs::Session,
                "Check it, and let sensitive acts follow for ten minutes.",
            ),
            step_up::show,
        )
        .get("/set-up", Needs::Public, "Make the first organisation and its administrator, once.", set_up::ask)
        .post("/set-up", Needs::Public, "Make the first organisation and its administrator, once.", set_up::make)
        .with_state(state.clone());
    let pages = pages.join(key_pages(state.clone())).join(oauth_site(state.clone()));
    let pages = pages.join(joining_site(state.clone()));
    let open =
        |path, words| RouteDecl::new(Method::GET, path, Needs::Public, words).cache(Cache::Public { seconds: 0 });
    let house = Site::api("/house", problem_json)
        .get(
            "/house/figures",
            Needs::Permission("figures.read"),
            "Count accounts, factors and sessions.",
            counts::figures,
        )
        .for_purpose(Purpose::Assurance)
        .with_state(state.clone());
    let audit = Site::api("/audit", problem_json)
        .get(
            "/audit/entries",
            Needs::Permission("evidence.read"),
            "Read the organisation's audit log.",
            evidence::entries,
        )
        .get(
            "/audit/checkpoint",
            Needs::Permission("evidence.read"),
            "Read the newest signed checkpoint of the audit log.",
            evidence::checkpoint,
        )
        .add(open("/audit/vkey", "The public key that signs the checkpoints of audit logs."), evidence::vkey)
        .for_purpose(Purpose::Assurance)
        .with_state(state.clone());
    let whole = pages.join(own_account(state.clone())).join(rights::site(rights)).join(house).join(audit);
    match state.letters {
        Letters::Sent => whole,
        Letters::Kept => whole.join(outbox(state)),
    }
}

/// How people come in, and how they come in again.
fn joining_site(state: State) -> Site {
    let public = |method, path, words| RouteDecl::new(method, path, Needs::Public, words).challenge_scripts();
    let script =
        RouteDecl::new(Method::GET, challenge::SCRIPT, Needs::Public, "The script that answers a bot challenge.");
    let may = Needs::Permission;
    Site::pages()
        .get("/sign-up", Needs::Public, "Ask which organisation somebody wants to join.", sign_up::ask_where)
        .post("/sign-up", Needs::Public, "Find an organisation's sign-up page.", sign_up::go_where)
        .add(script.cache(Cache::Public { seconds: 3600 }), challenge::script)
        .add(public(Method::GET, "/sign-up/{place}", "Sign up at an organisation."), sign_up::ask)
        .add(public(Method::POST, "/sign-up/{place}", "Begin to sign up: send a code by mail."), sign_up::begin)
        .add(public(Method::POST, "/sign-up/{place}/code", "Check the code that came by mail."), sign_up::code)
        .add(public(Method::POST, "/sign-up/{place}/again", "Send another code by mail."), sign_up::again)
        .add(
            public(Method::POST, "/sign-up/{place}/password", "Choose a password, and join or ask to."),
            sign_up::password,
        )
        .get("/welcome", Needs::Session, "The first page of somebody new.", sign_up::welcome)
        .add(public(Method::GET, "/reset", "Ask for a letter with a link to choose a new password."), reset::ask)
        .add(public(Method::POST, "/reset", "Send a letter with a link to choose a new password."), reset::send)
        .get("/reset/choose", Needs::Public, "Choose a new password, with the link from the letter.", reset::choose)
        .post("/reset/choose", Needs::Public, "Change the password, once, and end every session.", reset::set)
        .get("/people/sign-up", may("sign-up.read"), "Show how people come to have an account here.", joining::settings)
        .post("/people/sign-up", may("sign-up.set"), "Change how people come to have one.", joining::save_settings)
        .get("/people/invitations", may("invitation.read"), "Show who is invited.", joining::invitations)
        .post("/people/invitations", may("invitation.send"), "Invite somebody.", joining::invite)
        .post(
            "/people/invitations/{id}/withdraw",
            may("invitation.withdraw"),
            "Take an invitation back.",
            joining::withdraw,
        )
        .get("/people/requests", may("request.read"), "Show who asks for access.", joining::requests)
        .get("/people/requests/{id}", may("request.read"), "Show one request for access.", joining::request)
        .post(
            "/people/requests/{id}",
            may("request.decide"),
            "Accept or decline a request for access.",
            joining::decide,
        )
        .with_state(state)
}

/// Only where letters are kept.
fn outbox(state: State) -> Site {
    let may = Needs::Permission("letter.read");
    let pages = Site::pages()
        .get("/outbox", may, "Show the letters that this house keeps instead of sending them.", outbox::show)
        .with_state(state.clone());
    let programs = Site::api("/outbox/letters", problem_json)
        .get("/outbox/letters", may, "Read the letters that this house keeps instead of sending them.", outbox::list)
        .with_state(state);
    pages.join(programs)
}

/// A page for people who work here.
fn page_for_staff(state: &State, room: &Room, title: &str, width: Width, body: impl Template) -> Reply {
    page(room.frame(title).nav(state.nav).home(state.home).width(width), body)
}

/// Where programs ask for tokens, and where they find that.
fn oauth_site(state: State) -> Site {
    let endpoint = Site::api("/oauth", oauth::speak)
        .post("/oauth/token", Needs::Public, "Give a program a token for its signed assertion.", oauth::token)
        .with_state(state.clone());
    let found = RouteDecl::new(
        Method::GET,
        "/fhir/r4/.well-known/smart-configuration",
        Needs::Public,
        "Say where programs ask for tokens.",
    );
    let configuration = Site::api("/fhir/r4/.well-known", problem_json)
        .add(found.cache(Cache::Public { seconds: 0 }), oauth::configuration)
        .with_state(state);
    endpoint.join(configuration)
}

fn key_pages(state: State) -> Site {
    let may = Needs::Permission;
    Site::pages()
        .get("/programs", may("key.read"), "List the programs with a key pair of their own.", programs::list)
        .get("/programs/new", may("key.create"), "Choose what a new program may ask for.", programs::ask)
        .post("/programs/new", may("key.create"), "Register a program.", programs::make)
        .post("/programs/{id}/end", may("key.retire"), "End a program's registration.", programs::end)
        .get("/keys", may("key.read"), "List the programs that have a key.", keys::list)
        .get("/keys/new", may("key.create"), "Choose what a new key may do.", key_new::ask)
        .post("/keys/new", may("key.create"), "Make a key and show it once.", key_new::make)
        .get("/keys/{id}", may("key.read"), "Show what a key may do and when it was used.", keys::show)
        .get("/keys/{id}/replace", may("key.update"), "Choose how long a replaced key goes on.", keys::ask_replace)
        .post("/keys/{id}/replace", may("key.update"), "Put a new key in the place of one.", keys::replace)
        .get(
            "/quota",
            Needs::Session,
            "Show one's own monthly tokens, and to whoever may see them everybody's.",
            quota::show,
        )
        .get(
            "/quota/rule",
            may("quota.update"),
            "Show the rule for everybody's tokens, to be changed.",
            quota::ask_rule,
        )
        .post("/quota/rule", may("quota.update"), "Change the rule for everybody's tokens.", quota::set_rule)
        .post("/keys/{id}/revoke", may("key.retire"), "Revoke a key.", keys::revoke)
        .with_state(state)
}

/// The frame of pages for those who look after the organisation.
fn frame(state: &State, room: &Room, title: impl Into<String>) -> Frame {
    room.frame(title).nav(state.nav).home(state.home)
}

/// Whether the asker holds a permission, so that a page offers only what can be done, be it after a second factor once
/// more.
fn may(state: &State, ctx: &Ctx, permission: &'static str) -> bool {
    let sure = Ctx { assurance: crate::keys::SURE, ..ctx.clone() };
    state.identity.permits(&sure, permission)
}

/// A form without fields: only that it came from a page of ours.
struct Nothing;

impl FromForm for Nothing {
    fn from_form(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// The name of a form that must do its work once.
fn attempt_of(text: &str) -> Result<String, String> {
    let good = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    good.then(|| text.to_owned()).ok_or_else(|| "Open the page again.".to_owned())
}
