//! Every permission and role in public, with what asks for each: what is promised about access can be counted by anybody.

use std::collections::BTreeMap;
use std::sync::Arc;

use access::Registry;
use axum::Json;
use axum::extract::State;
use axum::http::Method;
use axum::response::IntoResponse;
use model::KindDecl;
use serde::Serialize;
use web::{Cache, Needs, Reply, RouteDecl, Site, problem_json};

/// Permissions that the vault asks for by name, on no record in particular.
const BY_VAULT: [(&str, &str); 2] =
    [("evidence.read", "reading the audit log"), ("change.follow", "following what changes")];

#[derive(Serialize)]
struct Listed {
    permissions: Vec<Permission>,
    roles: Vec<Role>,
    /// What nobody can do, whatever they hold.
    impossible: Vec<&'static str>,
}

#[derive(Serialize)]
struct Permission {
    name: &'static str,
    group: &'static str,
    words: &'static str,
    two_people: bool,
    /// Routes, records and commands that ask for it.
    needed_by: Vec<String>,
}

#[derive(Serialize)]
struct Role {
    name: &'static str,
    title: &'static str,
    words: &'static str,
    permissions: Vec<&'static str>,
}

/// What asks for each permission: routes, the acts of kinds, commands.
pub fn needed_by(routes: &[RouteDecl], kinds: &[&'static KindDecl]) -> BTreeMap<&'static str, Vec<String>> {
    let mut needed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for route in routes {
        if let Needs::Permission(name) = route.needs {
            needed.entry(name).or_default().push(format!("{} {}", route.method, route.path));
        }
    }
    for kind in kinds {
        let acts = [
            ("read", kind.acts.read),
            ("create", kind.acts.create),
            ("revise", kind.acts.revise),
            ("retire", kind.acts.retire),
        ];
        for (act, name) in acts {
            needed.entry(name).or_default().push(format!("{act} {}", kind.name));
        }
    }
    let commands = identity::COMMANDS.iter().chain(&BY_VAULT);
    for (name, words) in commands {
        needed.entry(name).or_default().push((*words).to_owned());
    }
    needed
}

/// The public list.
pub fn site(registry: &Registry, routes: &[RouteDecl], kinds: &[&'static KindDecl]) -> Site {
    let words = "List every permission and role, and what asks for each.";
    let decl =
        RouteDecl::new(Method::GET, "/trust/access.json", Needs::Public, words).cache(Cache::Public { seconds: 60 });
    let needed = needed_by(routes, kinds);
    let permissions = registry.permissions().iter().map(|decl| Permission {
        name: decl.name,
        group: decl.group,
        words: decl.words,
        two_people: decl.two_people,
        needed_by: needed.get(decl.name).cloned().unwrap_or_default(),
    });
    let roles = registry.roles().map(|role| Role {
        name: role.decl.name,
        title: role.decl.title,
        words: role.decl.words,
        permissions: role.decl.permissions.to_vec(),
    });
    let impossible = access::rails::IMPOSSIBLE.iter().map(|rail| rail.words).collect();
    let listed = Listed { permissions: permissions.collect(), roles: roles.collect(), impossible };
    Site::api("/trust/access.json", problem_json).add(decl, list).with_state(Arc::new(listed))
}

async fn list(State(listed): State<Arc<Listed>>) -> Reply {
    Ok(Json(&*listed).into_response())
}
