//! How stub resolvers try servers, and how long an answer takes.
