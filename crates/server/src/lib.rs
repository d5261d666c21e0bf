//! Everything between a socket and the books: HTTP, settings, logs.
//!
//! A dialect or the native API sees a whole [`http::Request`] and returns a whole [`http::Response`]; neither knows
//! the connection it travels on.
//!
//! Not here: any rule about documents (`accounting`), any unit of work (`books`), any SQL (`store`).

pub mod http;
