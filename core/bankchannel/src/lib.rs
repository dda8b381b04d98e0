//! Talk to banks from code: WS Channel clients, sessions, flows, the catalogue
