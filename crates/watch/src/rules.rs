//! Pure rules: what a flood may cost, what is never kept, how narrow an exclusion must be, weeks.

pub mod flood;
pub mod mask;
pub mod narrow;
pub mod week;
