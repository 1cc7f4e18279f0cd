//! STAND-IN, to be dropped at merge: only as much of `access` as `web` needs to compile alone.

use model::{RequestId, TenantId};

/// Who asks, in which organisation, with which permissions.
#[derive(Clone)]
pub struct Ctx {
    tenant: TenantId,
    request: RequestId,
    permissions: Vec<String>,
}

impl Ctx {
    /// A stand-in asker.
    pub fn stand_in(tenant: TenantId, request: RequestId, permissions: &[&str]) -> Self {
        Self { tenant, request, permissions: permissions.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// Whether the asker holds a permission.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|held| held == permission)
    }

    /// The organisation.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The request.
    pub fn request(&self) -> RequestId {
        self.request
    }
}
