//! The public trust centre: pages and files, for anybody, without a cookie. It reads what the runner published and has
//! no address that writes.

mod claim;
mod files;
mod list;
mod overview;

use crate::claim::ClaimDecl;
use crate::claims;
use crate::digest::sha256_hex;
use crate::shelf::{self, Shelf, Standing};
use crate::verdict::Verdict;
use axum::http::Method;
use model::{Fault, Time};
use std::path::PathBuf;
use web::{Cache, NavItem, Needs, RouteDecl, Site};

/// What the pages need to know: where the runner publishes.
#[derive(Debug, Clone)]
pub struct State {
    shelf: Shelf,
}

impl State {
    /// The directory that the runner publishes to: `trust/` below the data directory.
    pub fn new(published: impl Into<PathBuf>) -> Self {
        Self { shelf: Shelf::at(published) }
    }
}

/// How long others may keep what is here, in seconds.
const SECONDS: u32 = 10;

const NAV: [NavItem; 1] = [NavItem { words: "Promises", href: "/trust" }];

/// The trust centre's routes, all public.
pub fn site(state: State) -> Site {
    let open =
        |path, words| RouteDecl::new(Method::GET, path, Needs::Public, words).cache(Cache::Public { seconds: SECONDS });
    Site::pages()
        .add(
            open("/trust", "Every promise with its verdict, when it was checked and what was counted."),
            overview::overview,
        )
        .add(
            open("/trust/claims/{id}", "One promise: how it is checked, its last results, its place in the log."),
            claim::claim,
        )
        .add(open("/trust/how", "How to check the promises without believing this house."), overview::how)
        .add(open("/trust/claims.json", "Every promise with its verdict, for programs."), list::claims_json)
        .add(open("/trust/bundle", "The evidence bundle, to be checked offline."), files::bundle)
        .add(open("/trust/keys.json", "The public keys of the probe runner."), files::keys)
        .add(open("/trust/results/{file}", "The latest signed results of one promise."), files::results)
        .add(open("/trust/log/{*path}", "The public log of results, as C2SP tiles."), files::log)
        .with_state(state)
}

/// One claim as it stands at a moment.
struct Stand {
    claim: &'static ClaimDecl,
    verdict: Verdict,
    /// None if it has never been checked in these words.
    standing: Option<Standing>,
}

/// Everything that is published, at one moment.
struct Shown {
    now: Time,
    state: shelf::State,
    stands: Vec<Stand>,
}

impl Shown {
    fn read(state: &State, now: Time) -> Result<Self, Fault> {
        let published = state.shelf.state().map_err(|error| Fault::new("reading what the runner published", error))?;
        let published = published.unwrap_or_default();
        let stand = |claim: &'static ClaimDecl| {
            let words = sha256_hex(claim.words.as_bytes());
            let standing = published.claims.get(claim.id).filter(|standing| standing.words_sha256 == words).cloned();
            let verdict = standing.as_ref().map_or(Verdict::EvidenceMissing, |standing| standing.verdict_at(now));
            Stand { claim, verdict, standing }
        };
        let stands = claims::ALL.iter().map(stand).collect();
        Ok(Self { now, state: published, stands })
    }

    fn count(&self, verdict: Verdict) -> u64 {
        self.stands.iter().filter(|stand| stand.verdict == verdict).count() as u64
    }
}

const fn shown(verdict: Verdict) -> web::parts::Verdict {
    use web::parts::Verdict as Part;
    match verdict {
        Verdict::Proved => Part::Proved,
        Verdict::Attested => Part::Attested,
        Verdict::Attributed => Part::Attributed,
        Verdict::Failed => Part::Failed,
        Verdict::Stale => Part::Stale,
        Verdict::EvidenceMissing => Part::EvidenceMissing,
        Verdict::JudgementRequired => Part::JudgementRequired,
        Verdict::Waived => Part::Waived,
        Verdict::NotApplicable => Part::NotApplicable,
    }
}

/// `checked 3 minutes ago`; a time that cannot be read is shown as it is.
fn ago(moment: &str, now: Time) -> String {
    match moment.parse::<Time>() {
        Ok(then) => web::parts::ago(then, now),
        Err(_) => moment.to_owned(),
    }
}
