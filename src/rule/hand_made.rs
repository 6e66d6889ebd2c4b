//! Facts made by hand for tests.
