use super::desk::Session;
use super::wire::Call;
use crate::probe::{Trouble, Visit};
use serde_json::Value;

/// A route as the house declares it at `GET /trust/routes.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub method: String,
    pub path: String,
    pub needs: Needs,
    /// Whether it takes a bearer token instead of the session cookie.
    pub api: bool,
}

/// Who may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Needs {
    Public,
    /// Somebody known: `session`, or `may …`.
    Known(String),
}

impl Route {
    pub fn is_public(&self) -> bool {
        self.needs == Needs::Public
    }

    pub fn has_parameters(&self) -> bool {
        self.path.contains('{')
    }

    /// The path with every parameter replaced.
    pub fn filled(&self, mut value: impl FnMut(&str) -> String) -> String {
        let mut path = String::new();
        let mut rest = self.path.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            path.push_str(before);
            path.push_str(&value(name.trim_start_matches('*')));
            rest = tail;
        }
        path.push_str(rest);
        path
    }

    /// Method and pattern, as they are named in results.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Every route that the house declares.
pub(crate) async fn routes(visit: &Visit<'_>) -> Result<Vec<Route>, Trouble> {
    let reply = visit.wire.call(Call::get("/trust/routes.json")).await?.good("asking for the list of routes")?;
    let listed = reply.json()?;
    let listed = listed.get("routes").unwrap_or(&listed);
    let rows = listed.as_array().ok_or_else(|| Trouble::new("the list of routes is no list"))?;
    let read = |row: &Value| {
        let text = |name: &str| row.get(name).and_then(Value::as_str);
        let needs = match row.get("needs") {
            Some(Value::String(needs)) if needs.eq_ignore_ascii_case("public") => Needs::Public,
            Some(Value::String(needs)) => Needs::Known(needs.clone()),
            other => Needs::Known(other.map(Value::to_string).unwrap_or_default()),
        };
        Some(Route {
            method: text("method")?.to_uppercase(),
            path: text("path")?.to_owned(),
            needs,
            api: text("family")?.eq_ignore_ascii_case("api"),
        })
    };
    let routes: Option<Vec<Route>> = rows.iter().map(read).collect();
    match routes {
        Some(routes) if !routes.is_empty() => Ok(routes),
        _ => Err(Trouble::new("the list of routes is empty or cannot be read")),
    }
}

/// Pages that need somebody known, can be asked for as they stand, and let this session in; at most so many.
pub(crate) async fn open_pages(visit: &Visit<'_>, session: &Session, most: usize) -> Result<Vec<String>, Trouble> {
    let mut open = Vec::new();
    let candidates = routes(visit).await?;
    let candidates = candidates
        .iter()
        .filter(|route| route.method == "GET" && !route.api && !route.is_public() && !route.has_parameters());
    for route in candidates {
        if open.len() == most {
            break;
        }
        if visit.wire.call(session.dress(Call::get(&*route.path))).await?.let_in() {
            open.push(route.path.clone());
        }
    }
    Ok(open)
}

/// Whether a session still opens any page.
pub(crate) async fn is_alive(visit: &Visit<'_>, session: &Session) -> Result<bool, Trouble> {
    Ok(!open_pages(visit, session, 1).await?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_of_a_path_is_replaced() {
        let route = |path: &str| Route { method: "GET".into(), path: path.into(), needs: Needs::Public, api: false };
        let filled = |path: &str| route(path).filled(|name| name.to_uppercase());
        assert_eq!(filled("/a/{id}/b/{vid}"), "/a/ID/b/VID");
        assert_eq!(filled("/trust/log/{*path}"), "/trust/log/PATH");
        assert_eq!(filled("/plain"), "/plain");
    }
}
