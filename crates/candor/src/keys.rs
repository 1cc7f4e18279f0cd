use std::path::Path;
use std::sync::Arc;

use ledger::SigningKey;
use model::{Fault, Outside};
use seal::{Environment, KeyBytes, KeyFile, KeyService, Protection, WrappedKey};

use crate::ground::Ground;

/// Keys of the whole house. Everything but the root key is stored wrapped.
pub struct Keys {
    /// The environment's keys, for the vault.
    pub environment: Environment,
    /// Signs the checkpoints of audit logs.
    pub log_key: SigningKey,
    /// Binds forms to browsers.
    pub form_key: [u8; 32],
}

/// Opens the keys of a house, making them at its first start.
///
/// INVARIANT: the environment's name is part of every wrapping, so keys of another environment do not open.
pub fn open(
    ground: &Ground,
    environment: &str,
    deployment: &str,
    protection: &Protection,
    outside: &dyn Outside,
) -> Result<Keys, Fault> {
    let service: Arc<dyn KeyService> = Arc::new(root(&ground.at("keys/root.key"), protection, outside)?);
    let environment = match ground.read("keys/environment.wrapped")? {
        Some(bytes) => {
            let wrapped = WrappedKey::from_bytes(bytes).map_err(unusable)?;
            Environment::open(Arc::clone(&service), environment, &wrapped).map_err(unusable)?
        }
        None => {
            let (made, wrapped) = Environment::create(Arc::clone(&service), environment, outside).map_err(unusable)?;
            ground.write("keys/environment.wrapped", wrapped.as_bytes())?;
            made
        }
    };
    let log_seed = wrapped_seed(ground, service.as_ref(), "keys/log.wrapped", outside)?;
    let form_key = wrapped_seed(ground, service.as_ref(), "keys/form.wrapped", outside)?;
    let log_key = SigningKey::from_seed(&format!("{deployment}/evidence"), log_seed.expose());
    let log_key = log_key.map_err(|error| Fault::new("opening the house's keys", error))?;
    Ok(Keys { environment, log_key, form_key: *form_key.expose() })
}

fn root(path: &Path, protection: &Protection, outside: &dyn Outside) -> Result<KeyFile, Fault> {
    if path.exists() { KeyFile::open(path, protection) } else { KeyFile::create(path, protection, outside) }
        .map_err(unusable)
}

fn wrapped_seed(
    ground: &Ground,
    service: &dyn KeyService,
    part: &str,
    outside: &dyn Outside,
) -> Result<KeyBytes, Fault> {
    let context = format!("candor/{part}");
    if let Some(wrapped) = ground.read(part)? {
        return service.unwrap(context.as_bytes(), &wrapped).map_err(unusable);
    }
    let key = KeyBytes::generate(outside);
    let wrapped = service.wrap(context.as_bytes(), &key, outside).map_err(unusable)?;
    ground.write(part, &wrapped)?;
    Ok(key)
}

fn unusable(error: seal::SealError) -> Fault {
    Fault::new("opening the house's keys", error)
}
