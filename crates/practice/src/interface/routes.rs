//! Every address of the interface. Types and interactions come from the lists that `metadata` states.

use std::time::Duration;

use axum::http::Method;
use web::{Cache, Needs, RouteDecl, Site};

use super::{answer, binary, bundle, find, one, other};
use crate::State;
use crate::fhir::Type;
use crate::fhir::capability::Interaction;
use crate::fhir::search::params;

/// Where the interface is.
pub(super) const BASE: &str = "/fhir/r4";
/// Where Binaries are read, which may leave as what they are.
pub(super) const BINARIES: &str = "/fhir/r4/Binary/";

/// What every type can do.
pub(super) const INTERACTIONS: &[Interaction] = &[
    Interaction::Read,
    Interaction::Vread,
    Interaction::Update,
    Interaction::Delete,
    Interaction::HistoryInstance,
    Interaction::Create,
    Interaction::SearchType,
];

/// The most bytes of a resource, and of a Bundle, on the wire.
const RESOURCE_BYTES_MAX: usize = 12 * 1024 * 1024;
const BUNDLE_BYTES_MAX: usize = 24 * 1024 * 1024;
const _: () = assert!(binary::BYTES_MAX < RESOURCE_BYTES_MAX);

/// How long a Bundle may take.
const BUNDLE_TIME_MAX: Duration = Duration::from_secs(120);

/// The addresses of one type, and the permission of each act.
struct Places {
    of: Type,
    all: &'static str,
    search: &'static str,
    one: &'static str,
    history: &'static str,
    version: &'static str,
}

macro_rules! places {
    ($($of:ident),+) => {
        [$(Places {
            of: Type::$of,
            all: concat!("/fhir/r4/", stringify!($of)),
            search: concat!("/fhir/r4/", stringify!($of), "/_search"),
            one: concat!("/fhir/r4/", stringify!($of), "/{id}"),
            history: concat!("/fhir/r4/", stringify!($of), "/{id}/_history"),
            version: concat!("/fhir/r4/", stringify!($of), "/{id}/_history/{vid}"),
        }),+]
    };
}

const PLACES: [Places; 4] = places![Patient, Practitioner, DocumentReference, Binary];

/// Every route of the interface.
pub(crate) fn site(state: State) -> Site {
    let metadata = RouteDecl::new(Method::GET, "/fhir/r4/metadata", Needs::Public, "Say what this interface can do.")
        .cache(Cache::Public { seconds: 10 });
    let mut site = Site::api(BASE, answer::speak).add(metadata, other::metadata);
    for path in ["/fhir/r4", "/fhir/r4/"] {
        let words = "Carry out a Bundle: a transaction all or nothing, a batch entry by entry.";
        let decl = RouteDecl::new(Method::POST, path, Needs::Session, words);
        site = site.add(decl.body_bytes_max(BUNDLE_BYTES_MAX).time_max(BUNDLE_TIME_MAX), bundle::carry_out);
        site = site.get(path, Needs::Session, "Refuse searches over all types by name.", other::system);
    }
    for places in PLACES {
        for interaction in INTERACTIONS {
            site = offer(site, &places, *interaction);
        }
    }
    refuse_others(site).with_state(state)
}

fn offer(site: Site<State>, places: &Places, interaction: Interaction) -> Site<State> {
    let of = places.of;
    let acts = crate::kinds::of(of).acts;
    let searched = !params(of).is_empty();
    let read = Needs::Permission(acts.read);
    match interaction {
        Interaction::Read => {
            site.get(places.one, read, "Read a resource.", move |s, a, p, q| one::read(of, s, a, p, q))
        }
        Interaction::Vread => site
            .get(places.version, read, "Read one version of a resource.", move |s, a, p, q| one::vread(of, s, a, p, q)),
        Interaction::HistoryInstance => {
            site.get(places.history, read, "List the versions of a resource.", move |s, a, p, q| {
                one::history(of, s, a, p, q)
            })
        }
        Interaction::Create => {
            let decl =
                wide(Method::POST, places.all, acts.create, "Make a resource, unless one exists (If-None-Exist).");
            site.add(decl, move |s, a, q, b| one::create(of, s, a, q, b))
        }
        Interaction::Update => {
            let decl = wide(
                Method::PUT,
                places.one,
                acts.revise,
                "Write a resource's next version, or its first under this id.",
            );
            let site = site.add(decl, move |s, a, p, q, b| one::update(of, s, a, p, q, b));
            if !searched {
                return site;
            }
            let decl =
                wide(Method::PUT, places.all, acts.revise, "Write the next version of the one resource that matches.");
            site.add(decl, move |s, a, q, b| one::update_where(of, s, a, q, b))
        }
        Interaction::Delete => {
            let needs = Needs::Permission(acts.retire);
            let words = "Take a resource out of use. Its history stays.";
            let site = site.delete(places.one, needs, words, move |s, a, p, q| one::delete(of, s, a, p, q));
            if !searched {
                return site;
            }
            let words = "Take the one resource that matches out of use.";
            site.delete(places.all, needs, words, move |s, a, q| one::delete_where(of, s, a, q))
        }
        Interaction::SearchType if searched => {
            let site = site.get(places.all, read, "Search.", move |s, a, q| find::by_query(of, s, a, q));
            site.post(places.search, read, "Search by a form.", move |s, a, q, b| find::by_form(of, s, a, q, b))
        }
        Interaction::SearchType => site,
    }
}

fn wide(method: Method, path: &'static str, permission: &'static str, words: &'static str) -> RouteDecl {
    RouteDecl::new(method, path, Needs::Permission(permission), words).body_bytes_max(RESOURCE_BYTES_MAX)
}

/// Whatever is not offered is refused by name, so that nobody has to guess.
fn refuse_others(mut site: Site<State>) -> Site<State> {
    let words = "Refuse what is not offered by name.";
    for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let decl = |path| RouteDecl::new(method.clone(), path, Needs::Session, words);
        site = site.add(decl("/fhir/r4/{type}"), other::on_type);
        site = site.add(decl("/fhir/r4/{type}/{id}"), other::on_one);
        site = site.add(decl("/fhir/r4/{type}/{id}/{*rest}"), other::below_one);
    }
    site
}
