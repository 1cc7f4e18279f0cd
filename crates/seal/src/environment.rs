use std::fmt;
use std::sync::Arc;

use model::{Outside, TenantId};
use zeroize::Zeroizing;

use crate::cipher::{self, Label};
use crate::context::Context;
use crate::tenant::TenantSecret;
use crate::versions::{Version, Versions};
use crate::wrapped::{Header, KeyId, Level, WrappedKey};
use crate::{KeyBytes, KeyService, SealError, TenantKeys};

const WRAP_TENANT: Label = Label("candor/wrap/tenant-key/1");

/// The key of one installation, such as `production`: it wraps the tenants' keys.
///
/// Its name is part of every seal below it, so a key copied from one environment does not open in another.
#[derive(Clone)]
pub struct Environment {
    service: Arc<dyn KeyService>,
    name: String,
    versions: Versions,
}

impl Environment {
    /// A new environment with a fresh key, and the wrapped key to store.
    pub fn create(
        service: Arc<dyn KeyService>,
        name: &str,
        outside: &dyn Outside,
    ) -> Result<(Self, WrappedKey), SealError> {
        let parent = KeyId::of_service(service.name());
        let header = Header { level: Level::Environment, version: 1, id: KeyId::generate(outside), parent };
        let key = KeyBytes::generate(outside);
        let wrapped = wrap(service.as_ref(), name, header, &key, outside)?;
        let versions = Versions::first(Version::new(&header, key));
        Ok((Self { service, name: name.to_owned(), versions }, wrapped))
    }

    /// Opens an environment that was never rotated.
    pub fn open(service: Arc<dyn KeyService>, name: &str, wrapped: &WrappedKey) -> Result<Self, SealError> {
        Self::open_versions(service, name, std::slice::from_ref(wrapped))
    }

    /// Opens an environment with all versions of its key, in any order.
    pub fn open_versions(service: Arc<dyn KeyService>, name: &str, wrapped: &[WrappedKey]) -> Result<Self, SealError> {
        let parent = KeyId::of_service(service.name());
        let open = |wrapped: &WrappedKey| {
            let header = wrapped.expect(Level::Environment, parent)?;
            let key = service.unwrap(context(name, header).as_bytes(), wrapped.body())?;
            Ok(Version::new(header, key))
        };
        let versions = Versions::new(wrapped.iter().map(open).collect::<Result<_, SealError>>()?)?;
        Ok(Self { service, name: name.to_owned(), versions })
    }

    /// The same environment with a new key version, and that version to store beside the others.
    ///
    /// What older versions wrapped still opens; see [`Environment::rewrap_tenant`].
    pub fn rotate(&self, outside: &dyn Outside) -> Result<(Self, WrappedKey), SealError> {
        let parent = KeyId::of_service(self.service.name());
        let header = self.versions.next_header(Level::Environment, KeyId::generate(outside), parent)?;
        let key = KeyBytes::generate(outside);
        let wrapped = wrap(self.service.as_ref(), &self.name, header, &key, outside)?;
        let versions = self.versions.and(Version::new(&header, key));
        Ok((Self { versions, ..self.clone() }, wrapped))
    }

    /// The same environment under another key service (a rotated root key), and every version wrapped by
    /// that service, newest first, to store in place of the old ones.
    pub fn move_to(
        &self,
        service: Arc<dyn KeyService>,
        outside: &dyn Outside,
    ) -> Result<(Self, Vec<WrappedKey>), SealError> {
        let parent = KeyId::of_service(service.name());
        let rewrap = |version: &Version| {
            let header = Header { level: Level::Environment, version: version.version, id: version.id, parent };
            wrap(service.as_ref(), &self.name, header, &version.key, outside)
        };
        let wrapped = self.versions.iter().map(rewrap).collect::<Result<_, _>>()?;
        Ok((Self { service, ..self.clone() }, wrapped))
    }

    /// The environment's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the newest key version.
    pub const fn newest(&self) -> KeyId {
        self.versions.newest().id
    }

    /// A fresh key for a new tenant, and the wrapped key to store.
    pub fn new_tenant(&self, tenant: TenantId, outside: &dyn Outside) -> Result<(TenantKeys, WrappedKey), SealError> {
        let secret = TenantSecret::generate(outside);
        let header = Header { level: Level::Tenant, version: 1, id: KeyId::generate(outside), parent: self.newest() };
        let wrapped = self.wrap_tenant(tenant, header, &secret, outside)?;
        let versions = Versions::first(Version::new(&header, secret.key));
        Ok((TenantKeys::new(tenant, versions, &secret.digests)?, wrapped))
    }

    /// Opens a tenant's key from all its stored versions, in any order.
    pub fn open_tenant(&self, tenant: TenantId, wrapped: &[WrappedKey]) -> Result<TenantKeys, SealError> {
        let mut versions = Vec::with_capacity(wrapped.len());
        let mut digests: Option<KeyBytes> = None;
        for wrapped in wrapped {
            let secret = self.unwrap_tenant(tenant, wrapped)?;
            if digests.as_ref().is_some_and(|digests| !crate::same(digests.expose(), secret.digests.expose())) {
                return Err(SealError::Contradiction("the search digests of the versions differ"));
            }
            digests = Some(secret.digests);
            versions.push(Version::new(wrapped.header(), secret.key));
        }
        TenantKeys::new(tenant, Versions::new(versions)?, &digests.ok_or(SealError::NoVersion)?)
    }

    /// The same tenant with a new key version, and that version to store beside the others.
    ///
    /// Old records stay readable. Subject keys are re-wrapped whenever convenient
    /// ([`TenantKeys::rewrap_subject`]). Search digests stay as they are: they come from a secret that
    /// every version carries, so no index has to be rebuilt.
    pub fn rotate_tenant(
        &self,
        keys: &TenantKeys,
        outside: &dyn Outside,
    ) -> Result<(TenantKeys, WrappedKey), SealError> {
        let id = KeyId::generate(outside);
        let header = keys.versions().next_header(Level::Tenant, id, self.newest())?;
        let secret = TenantSecret { key: KeyBytes::generate(outside), digests: keys.digest_root().clone() };
        let wrapped = self.wrap_tenant(keys.tenant(), header, &secret, outside)?;
        let versions = keys.versions().and(Version::new(&header, secret.key));
        Ok((TenantKeys::new(keys.tenant(), versions, &secret.digests)?, wrapped))
    }

    /// The same tenant key, wrapped under the environment's newest version.
    pub fn rewrap_tenant(
        &self,
        tenant: TenantId,
        wrapped: &WrappedKey,
        outside: &dyn Outside,
    ) -> Result<WrappedKey, SealError> {
        let secret = self.unwrap_tenant(tenant, wrapped)?;
        let header = Header { parent: self.newest(), ..*wrapped.header() };
        self.wrap_tenant(tenant, header, &secret, outside)
    }

    fn wrap_tenant(
        &self,
        tenant: TenantId,
        header: Header,
        secret: &TenantSecret,
        outside: &dyn Outside,
    ) -> Result<WrappedKey, SealError> {
        let parent = &self.versions.find(header.parent)?.key;
        let aad = self.tenant_context(tenant, &header);
        let plain = secret.to_bytes();
        let bytes = cipher::seal(parent, WRAP_TENANT, aad.as_bytes(), &header.to_bytes(), plain.as_ref(), outside)?;
        WrappedKey::from_bytes(bytes)
    }

    fn unwrap_tenant(&self, tenant: TenantId, wrapped: &WrappedKey) -> Result<TenantSecret, SealError> {
        wrapped.expect_level(Level::Tenant)?;
        let parent = &self.versions.find(wrapped.parent())?.key;
        let aad = self.tenant_context(tenant, wrapped.header());
        let plain = cipher::open(parent, WRAP_TENANT, aad.as_bytes(), wrapped.body(), "a wrapped key")?;
        TenantSecret::from_bytes(&Zeroizing::new(plain))
    }

    fn tenant_context(&self, tenant: TenantId, header: &Header) -> Context {
        Context::new("candor/tenant-key/1").and(&header.to_bytes()).and(self.name.as_bytes()).and(tenant.as_bytes())
    }
}

fn wrap(
    service: &dyn KeyService,
    name: &str,
    header: Header,
    key: &KeyBytes,
    outside: &dyn Outside,
) -> Result<WrappedKey, SealError> {
    let mut bytes = header.to_bytes();
    bytes.extend(service.wrap(context(name, &header).as_bytes(), key, outside)?);
    WrappedKey::from_bytes(bytes)
}

fn context(name: &str, header: &Header) -> Context {
    Context::new("candor/environment-key/1").and(&header.to_bytes()).and(name.as_bytes())
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} key {} from {})", self.name, self.newest(), self.service.name())
    }
}
