//! The derive behind `model`.
