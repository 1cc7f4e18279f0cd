//! The runner against a real house: every promise is proved there, and the bundle verifies offline.
