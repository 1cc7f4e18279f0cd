//! The front page and the list of routes; everything else belongs to an application or a feature.

use std::sync::Arc;

use access::{Ask, Registry, decide};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::http::Method;
use axum::response::IntoResponse;
use serde::Serialize;
use vault::Vault;
use web::parts::ButtonLink;
use web::{Cache, Needs, Next, Reply, Room, RouteDecl, Site, Visitor, Width, page, problem_json, see_other};

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    sign_in: ButtonLink,
    promises: ButtonLink,
}

/// The front page.
pub fn site(vault: Arc<Vault>) -> Site {
    Site::pages().get("/", Needs::Public, "The front page of the house.", front).with_state(vault)
}

/// Where each application begins, and what is needed to begin there. The first that fits is taken.
const BEGINNINGS: [(&str, &str); 3] =
    [("patient.read", practice::NAV[0].href), ("study.read", trials::HOME), ("attack.read", watch::NAV[0].href)];

/// Where somebody begins who may open nothing of either.
const OTHERWISE: &str = practice::NAV[0].href;

async fn front(State(vault): State<Arc<Vault>>, room: Room, Visitor(visitor): Visitor) -> Reply {
    if let Some(ctx) = visitor {
        let may = |name: &str| {
            let wanted = vault.registry().permission(name);
            wanted
                .is_some_and(|permission| decide(&ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_ok())
        };
        let fits = BEGINNINGS.iter().find(|(permission, _)| may(permission));
        return Ok(see_other(&Next::own(fits.map_or(OTHERWISE, |(_, href)| href))));
    }
    let body = Front {
        sign_in: ButtonLink::primary("Sign in", "/sign-in"),
        promises: ButtonLink::quiet("See what is promised, and check it", "/trust"),
    };
    page(room.frame("Candor").width(Width::Reading), body)
}

/// One route as anybody may see it.
#[derive(Serialize)]
struct Listed {
    method: String,
    path: &'static str,
    needs: &'static str,
    permission: Option<&'static str>,
    family: &'static str,
    words: &'static str,
}

/// The site with public lists of its permissions and of all its routes, themselves included: what is open is open on
/// purpose.
pub fn with_lists(site: Site, registry: &Registry) -> Site {
    let access = crate::access_list::site(registry, &site.whole(), &crate::parts::kinds());
    let site = site.join(access);
    let decl = RouteDecl::new(Method::GET, "/trust/routes.json", Needs::Public, "List every route and what it needs.")
        .cache(Cache::Public { seconds: 60 });
    let mut routes: Vec<RouteDecl> = site.whole();
    routes.push(decl.clone());
    let listed: Arc<Vec<Listed>> = Arc::new(routes.iter().map(listed).collect());
    let list = Site::api("/trust/routes.json", problem_json).add(decl, routes_json).with_state(listed);
    site.join(list)
}

async fn routes_json(State(listed): State<Arc<Vec<Listed>>>) -> Reply {
    Ok(Json(&*listed).into_response())
}

fn listed(decl: &RouteDecl) -> Listed {
    let (needs, permission) = match decl.needs {
        Needs::Public => ("public", None),
        Needs::Session => ("session", None),
        Needs::SteppedUp => ("stepped-up", None),
        Needs::Permission(name) => ("permission", Some(name)),
    };
    Listed {
        method: decl.method.to_string(),
        path: decl.path,
        needs,
        permission,
        family: if decl.family == web::Family::Page { "page" } else { "api" },
        words: decl.words,
    }
}
