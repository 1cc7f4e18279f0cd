use std::sync::Arc;
use std::time::Duration;

use model::{Outside, TenantId};

use crate::budget::Budgets;
use crate::guard::{DangerNoGuard, Guard};

/// Which foreign web origins may call interfaces from a browser: none, unless an organisation allows them.
pub trait Origins: Send + Sync + 'static {
    /// Whether any organisation allows pages of `origin`: for the browser's own question beforehand, and for what is
    /// answered to nobody in particular.
    fn known(&self, origin: &str) -> bool;

    /// Whether pages of `origin` may read what is answered to somebody of an organisation.
    fn allow(&self, origin: &str, tenant: TenantId) -> bool;
}

/// No foreign origin at all.
pub struct NoOrigins;

impl Origins for NoOrigins {
    fn known(&self, _: &str) -> bool {
        false
    }

    fn allow(&self, _: &str, _: TenantId) -> bool {
        false
    }
}

/// How the door is set up.
#[derive(Clone)]
pub struct Options {
    /// Time and randomness.
    pub outside: Arc<dyn Outside>,
    /// The key of form tokens; the same on every node of one house.
    pub form_key: [u8; 32],
    /// Where a page that needs a session sends people to.
    pub sign_in: &'static str,
    /// Where a page sends people who must show their second factor once more.
    pub step_up: &'static str,
    /// Where the sign-out button of the top bar posts to.
    pub sign_out: &'static str,
    /// Whether every page says that its data is synthetic.
    pub synthetic: bool,
    /// How long a handler may take.
    pub handler_time_max: Duration,
    /// The longest address, in bytes.
    pub uri_bytes_max: usize,
    /// The most headers a request may have.
    pub headers_max: usize,
    /// The most bytes that all headers together may have.
    pub header_bytes_max: usize,
    /// Which foreign origins may call interfaces from a browser.
    pub origins: Arc<dyn Origins>,
    /// How often anybody may ask.
    pub budgets: Budgets,
    /// Who inspects requests.
    pub guard: Arc<dyn Guard>,
}

impl Options {
    /// The usual set-up: 30 s per request, addresses of 8 KiB, 64 headers of 16 KiB together, no foreign origins, and a
    /// guard that lets everything pass, which a house replaces.
    pub fn new(outside: Arc<dyn Outside>, form_key: [u8; 32]) -> Self {
        Self {
            outside,
            form_key,
            sign_in: "/sign-in",
            step_up: "/step-up",
            sign_out: "/sign-out",
            synthetic: false,
            handler_time_max: Duration::from_secs(30),
            uri_bytes_max: 8 * 1024,
            headers_max: 64,
            header_bytes_max: 16 * 1024,
            origins: Arc::new(NoOrigins),
            budgets: Budgets::default(),
            guard: Arc::new(DangerNoGuard),
        }
    }
}
