use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};
use model::Purpose;

use crate::door::Doorkeeper;
use crate::face::{Face, Faces, Speak};
use crate::layers;
use crate::options::Options;

/// Who may come through a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Anybody.
    Public,
    /// Anybody who is signed in.
    Session,
    /// Anybody who is signed in and has just shown a second factor once more.
    SteppedUp,
    /// Whoever holds the permission of this name.
    Permission(&'static str),
}

/// Which credential a route takes, and in which shape it says no.
///
/// A page takes the session cookie only and an interface takes the bearer token only. So a foreign site, which can
/// make a browser send cookies but not tokens, can reach no interface in somebody's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// For people: session cookie, forms, redirects to the sign-in page.
    Page,
    /// For programs: bearer token, `401` with `WWW-Authenticate`.
    Api,
}

/// Who may keep a copy of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cache {
    /// Nobody: it may hold personal data.
    Personal,
    /// Anybody, for so many seconds.
    Public {
        /// How long a copy counts as fresh.
        seconds: u32,
    },
    /// Anybody, for ever: the address names the content.
    Static,
}

/// Which scripts a page may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scripts {
    /// None, which is right for nearly every page.
    Forbidden,
    /// Files of this house only, never inline; they may fetch from this house only.
    OwnFiles,
    /// The same, and what the configured bot challenge loads, if it is a service elsewhere.
    OwnFilesAndChallenge,
}

/// One route as declared: what `declared/routes.txt` shows and what the sweeps run over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteDecl {
    /// The method. `GET` answers `HEAD` too.
    pub method: Method,
    /// The path pattern, such as `/practice/patients/{id}`.
    pub path: &'static str,
    /// Who may come in.
    pub needs: Needs,
    /// What it is for, in one sentence.
    pub words: &'static str,
    /// Which credential it takes and how it says no.
    pub family: Family,
    /// Who may keep a copy.
    pub cache: Cache,
    /// The largest body it takes, in bytes.
    pub body_bytes_max: usize,
    /// Which scripts its page may run.
    pub scripts: Scripts,
    /// How long its handler may take, if not as long as any other.
    pub time_max: Option<Duration>,
    /// Why whoever comes through it asks. Decisions and evidence say it.
    pub purpose: Purpose,
}

/// The largest body a route takes unless it declares otherwise.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

impl RouteDecl {
    /// A page route that keeps no copies and runs no scripts.
    pub const fn new(method: Method, path: &'static str, needs: Needs, words: &'static str) -> Self {
        Self {
            method,
            path,
            needs,
            words,
            family: Family::Page,
            cache: Cache::Personal,
            body_bytes_max: BODY_BYTES_MAX,
            scripts: Scripts::Forbidden,
            time_max: None,
            purpose: Purpose::DirectCare,
        }
    }

    /// The same route with another cache policy.
    #[must_use]
    pub const fn cache(mut self, cache: Cache) -> Self {
        self.cache = cache;
        self
    }

    /// The same route with another limit on the body, in bytes.
    #[must_use]
    pub const fn body_bytes_max(mut self, bytes: usize) -> Self {
        self.body_bytes_max = bytes;
        self
    }

    /// The same route with its own time limit, such as for an import.
    #[must_use]
    pub const fn time_max(mut self, time: Duration) -> Self {
        self.time_max = Some(time);
        self
    }

    /// The same route, whose page may run scripts of this house and those of the configured bot challenge.
    #[must_use]
    pub const fn challenge_scripts(mut self) -> Self {
        self.scripts = Scripts::OwnFilesAndChallenge;
        self
    }

    /// The same route, whose page may run scripts that are files of this house.
    #[must_use]
    pub const fn own_scripts(mut self) -> Self {
        self.scripts = Scripts::OwnFiles;
        self
    }
}

/// One line of `declared/routes.txt`.
impl fmt::Display for RouteDecl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needs = match self.needs {
            Needs::Public => "public".to_owned(),
            Needs::Session => "session".to_owned(),
            Needs::SteppedUp => "session, stepped up".to_owned(),
            Needs::Permission(name) => format!("may {name}"),
        };
        let cache = match self.cache {
            Cache::Personal => "no-store".to_owned(),
            Cache::Public { seconds } => format!("public {seconds} s"),
            Cache::Static => "immutable".to_owned(),
        };
        let family = if self.family == Family::Page { "page" } else { "api" };
        let scripts = match self.scripts {
            Scripts::Forbidden => "",
            Scripts::OwnFiles => " · own scripts",
            Scripts::OwnFilesAndChallenge => " · own scripts and the bot challenge's",
        };
        let purpose = match self.needs {
            Needs::Public => String::new(),
            _ => format!(" for {}", self.purpose.name()),
        };
        let time = self.time_max.map_or(String::new(), |time| format!(" · time ≤ {} s", time.as_secs()));
        write!(
            f,
            "{} {} · {needs}{purpose} · {family} · {cache} · body ≤ {} bytes{time}{scripts} · {}",
            self.method, self.path, self.body_bytes_max, self.words
        )
    }
}

/// Why a site could not be opened. All are mistakes in the declarations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteError(String);

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SiteError {}

/// Routes that share a state, each declared as it is added. The only way to build the house's router.
///
/// INVARIANT: the axum router is never handed out before [`Site::into_router`] has put the door in front of it, so a
/// route without a declaration cannot exist.
pub struct Site<S = ()> {
    router: Router<S>,
    routes: Vec<RouteDecl>,
    faces: Faces,
    family: Family,
    mistakes: Vec<String>,
}

impl<S: Clone + Send + Sync + 'static> Site<S> {
    /// A site of pages for people.
    pub fn pages() -> Self {
        Self {
            router: Router::new(),
            routes: Vec::new(),
            faces: Faces::default(),
            family: Family::Page,
            mistakes: Vec::new(),
        }
    }

    /// A site of interfaces for programs under a path prefix, which says no in its own words, also for addresses
    /// under the prefix that do not exist.
    pub fn api(prefix: &'static str, speak: Speak) -> Self {
        let mut site = Self { family: Family::Api, ..Self::pages() };
        site.faces.push(prefix, Face::Json(speak));
        site
    }

    /// Adds a declared route.
    #[must_use]
    pub fn add<H, T>(mut self, decl: RouteDecl, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let decl = RouteDecl { family: self.family, ..decl };
        if let Some(mistake) = self.mistake_in(&decl) {
            self.mistakes.push(mistake);
            return self;
        }
        let Ok(filter) = MethodFilter::try_from(decl.method.clone()) else {
            self.mistakes.push(format!("{} {}: not a method that can be routed", decl.method, decl.path));
            return self;
        };
        self.router = self.router.route(decl.path, on(filter, handler));
        self.routes.push(decl);
        self
    }

    /// Adds a `GET` route, which answers `HEAD` too.
    #[must_use]
    pub fn get<H, T>(self, path: &'static str, needs: Needs, words: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(RouteDecl::new(Method::GET, path, needs, words), handler)
    }

    /// Adds a `POST` route.
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, needs: Needs, words: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(RouteDecl::new(Method::POST, path, needs, words), handler)
    }

    /// Adds a `PUT` route.
    #[must_use]
    pub fn put<H, T>(self, path: &'static str, needs: Needs, words: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(RouteDecl::new(Method::PUT, path, needs, words), handler)
    }

    /// Adds a `DELETE` route.
    #[must_use]
    pub fn delete<H, T>(self, path: &'static str, needs: Needs, words: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.add(RouteDecl::new(Method::DELETE, path, needs, words), handler)
    }

    /// The same site, whose routes so far are used for this purpose.
    #[must_use]
    pub fn for_purpose(mut self, purpose: Purpose) -> Self {
        for decl in &mut self.routes {
            decl.purpose = purpose;
        }
        self
    }

    /// Every route added so far, in the order of adding.
    pub fn routes(&self) -> &[RouteDecl] {
        &self.routes
    }

    /// Gives the handlers their state, which makes the site ready to be joined with others.
    pub fn with_state(self, state: S) -> Site {
        Site {
            router: self.router.with_state(state),
            routes: self.routes,
            faces: self.faces,
            family: self.family,
            mistakes: self.mistakes,
        }
    }

    fn mistake_in(&self, decl: &RouteDecl) -> Option<String> {
        let here = format!("{} {}", decl.method, decl.path);
        let twice = self.routes.iter().any(|other| other.method == decl.method && other.path == decl.path);
        let outside = self.family == Family::Api && !self.faces.covers(decl.path);
        let kept = decl.needs != Needs::Public && decl.cache != Cache::Personal;
        match () {
            () if !decl.path.starts_with('/') => Some(format!("{here}: a path begins with a slash")),
            () if decl.words.is_empty() => Some(format!("{here}: a route says in a sentence what it is for")),
            () if twice => Some(format!("{here}: declared twice")),
            () if kept => Some(format!("{here}: what needs a session must not be kept by others")),
            () if outside => Some(format!("{here}: outside the prefix of its interface")),
            () => None,
        }
    }
}

impl Site {
    /// Both sites under one door.
    #[must_use]
    pub fn join(mut self, other: Site) -> Self {
        for decl in &other.routes {
            if self.routes.iter().any(|own| own.method == decl.method && own.path == decl.path) {
                self.mistakes.push(format!("{} {}: declared by two sites", decl.method, decl.path));
            }
        }
        self.mistakes.extend(other.mistakes);
        if self.mistakes.is_empty() {
            self.router = self.router.merge(other.router);
        }
        self.routes.extend(other.routes);
        self.faces.extend(other.faces);
        self
    }

    /// Every route that the router will answer, those of `web` itself included, by path and method.
    pub fn whole(&self) -> Vec<RouteDecl> {
        let mut routes = self.routes.clone();
        routes.extend(crate::assets::site().routes);
        routes.sort_by(|one, other| (one.path, one.method.as_str()).cmp(&(other.path, other.method.as_str())));
        routes
    }

    /// The text of `declared/routes.txt`: one line a route.
    pub fn declared(&self) -> String {
        self.whole().iter().map(|decl| format!("{decl}\n")).collect()
    }

    /// Puts the door and the outer layers in front of all routes.
    ///
    /// Fails if a declaration is wrong, naming every mistake.
    pub fn into_router(self, doorkeeper: Arc<dyn Doorkeeper>, options: Options) -> Result<Router, SiteError> {
        let whole = self.join(crate::assets::site());
        if !whole.mistakes.is_empty() {
            return Err(SiteError(whole.mistakes.join("\n")));
        }
        let table = Table::new(whole.routes);
        Ok(layers::dress(whole.router, layers::House::new(table, whole.faces, doorkeeper, options)))
    }
}

/// All declarations by path and method.
pub(crate) struct Table(HashMap<&'static str, Vec<Arc<RouteDecl>>>);

impl Table {
    fn new(routes: Vec<RouteDecl>) -> Self {
        let mut table: HashMap<&'static str, Vec<Arc<RouteDecl>>> = HashMap::new();
        for decl in routes {
            table.entry(decl.path).or_default().push(Arc::new(decl));
        }
        Self(table)
    }

    /// What was declared for a method on a path pattern; `HEAD` is answered by `GET`.
    pub(crate) fn find(&self, path: &str, method: &Method) -> Option<&Arc<RouteDecl>> {
        let routes = self.0.get(path)?;
        let wanted = if *method == Method::HEAD { &Method::GET } else { method };
        routes.iter().find(|decl| decl.method == *wanted)
    }

    /// The methods of a path, as the `Allow` header lists them.
    pub(crate) fn allowed(&self, path: &str) -> String {
        let mut names: Vec<&str> = Vec::new();
        for decl in self.0.get(path).into_iter().flatten() {
            names.push(decl.method.as_str());
            if decl.method == Method::GET {
                names.push("HEAD");
            }
        }
        names.sort_unstable();
        names.join(", ")
    }

    /// Whether any route of a path is for programs.
    pub(crate) fn is_api(&self, path: &str) -> bool {
        self.0.get(path).into_iter().flatten().any(|decl| decl.family == Family::Api)
    }
}
