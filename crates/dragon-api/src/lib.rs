//! Wire formats of the HTTP API: parsing, validation, responses, the error table.
