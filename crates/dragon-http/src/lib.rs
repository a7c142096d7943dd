//! The HTTP edge: accept loop, routes, streams, the path of a request.
