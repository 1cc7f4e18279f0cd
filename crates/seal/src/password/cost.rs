use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::PasswordError;

/// The most memory one hash may take.
pub const MEMORY_KIB_MAX: u32 = 256 * 1024;
/// The most passes over the memory.
pub const PASSES_MAX: u32 = 16;
/// The most lanes.
pub const LANES_MAX: u32 = 16;
/// The most memory × passes, which is what a hash costs: about half a second.
pub const WORK_KIB_MAX: u32 = 1024 * 1024;

const MEMORY_KIB_FLOOR: u32 = 19 * 1024;
const PASSES_FLOOR: u32 = 2;

/// What one Argon2id hash costs. Bounded above, so a stored verifier cannot ask for all memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The cost that new verifiers have. Never below 19 MiB, 2 passes and 1 lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy(Cost);

impl Cost {
    /// A cost within the bounds of Argon2 (RFC 9106 §3.1) and of this house.
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        if lanes == 0 || lanes > LANES_MAX {
            return Err(PasswordError::OutOfBounds("between 1 and 16 lanes"));
        }
        if passes == 0 || passes > PASSES_MAX {
            return Err(PasswordError::OutOfBounds("between 1 and 16 passes"));
        }
        if memory_kib < 8 * lanes || memory_kib > MEMORY_KIB_MAX {
            return Err(PasswordError::OutOfBounds("between 8 KiB for each lane and 256 MiB of memory"));
        }
        if memory_kib.saturating_mul(passes) > WORK_KIB_MAX {
            return Err(PasswordError::OutOfBounds("memory times passes is at most 1 GiB"));
        }
        Ok(Self { memory_kib, passes, lanes })
    }

    /// Memory, in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub const fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub const fn lanes(self) -> u32 {
        self.lanes
    }

    /// The number of 1 KiB blocks.
    pub(crate) fn blocks(self) -> usize {
        self.params(None).map_or(0, |params| params.block_count())
    }

    fn params(self, len: Option<usize>) -> Result<Params, PasswordError> {
        Params::new(self.memory_kib, self.passes, self.lanes, len).map_err(|_| PasswordError::Primitive)
    }
}

impl Policy {
    /// A policy, unless it is weaker than 19 MiB, 2 passes, 1 lane or out of bounds.
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        if memory_kib < MEMORY_KIB_FLOOR {
            return Err(PasswordError::TooWeak("at least 19456 KiB (19 MiB) of memory"));
        }
        if passes < PASSES_FLOOR {
            return Err(PasswordError::TooWeak("at least 2 passes"));
        }
        match Cost::new(memory_kib, passes, lanes) {
            Ok(cost) => Ok(Self(cost)),
            Err(error) => Err(error),
        }
    }

    /// What it costs.
    pub const fn cost(self) -> Cost {
        self.0
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self(Cost { memory_kib: MEMORY_KIB_FLOOR, passes: PASSES_FLOOR, lanes: 1 })
    }
}

/// Argon2id version 1.3 into `out`, on at least [`Cost::blocks`] blocks of memory.
///
/// The memory is not wiped afterwards: the next hash overwrites it, and what remains of a password
/// there is no easier to guess from than its verifier, a full first pass being needed for the first block.
pub(crate) fn argon2id(
    cost: Cost,
    password: &[u8],
    salt: &[u8],
    out: &mut [u8],
    memory: &mut [Block],
) -> Result<(), PasswordError> {
    let params = cost.params(Some(out.len()))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, out, memory)
        .map_err(|_| PasswordError::Primitive)
}
