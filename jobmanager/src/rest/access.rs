//! Which role a request needs: one table, beside that of [`super::router`].

use transport::http::{Access, Role};
use warp::http::Method;

use super::mounted::Mounts;

/// The roles of the REST API and of what is mounted beside it.
pub(super) fn access(mounts: Mounts) -> Access {
    std::sync::Arc::new(move |method, path| match mounts.find(path) {
        Some((api, below)) => Some(api.role(method.as_str(), below)),
        None => role(method, path),
    })
}

/// The role that a request for a path of the JobManager's needs, if any.
pub(super) fn role(method: &Method, path: &str) -> Option<Role> {
    let segments: Vec<String> =
        path.split('/').filter(|segment| !segment.is_empty()).map(super::query::decode).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let path = match segments.as_slice() {
        ["v1", rest @ ..] => rest,
        all => all,
    };
    Some(match (method.as_str(), path) {
        // Probes have no password, and ask under the address of a pod.
        ("GET", ["health"]) => return None,
        // The members of the group, the machines, the programs that others run.
        (_, ["jobmanagers", ..]) if method != Method::GET => Role::Admin,
        // With the options of all tables, passwords among them.
        ("GET", ["jobmanagers", "backup"]) => Role::Admin,
        ("DELETE", ["cluster"]) | ("POST", ["taskmanagers", _, "decommission"]) => Role::Admin,
        ("PUT", ["jobmanager", "log-level"] | ["taskmanagers", _, "log-level"]) => Role::Admin,
        ("POST", ["jars", "upload"]) | ("DELETE", ["jars", _]) => Role::Admin,
        // These change something although they only ask: they cancel, plan, or take rows that are given once.
        ("GET", ["jobs", _, "yarn-cancel"] | ["jars", _, "plan"] | ["jobs", _, "results", _]) => Role::Operator,
        // With the options of tables, passwords among them.
        ("GET", ["catalogs", _]) => Role::Operator,
        _ => Role::of_method(method),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_need_the_role_of_what_they_do() {
        for (method, path, needed) in [
            ("GET", "/", Role::Viewer),
            ("GET", "/v1/jobs/overview", Role::Viewer),
            ("OPTIONS", "/jobs", Role::Viewer),
            ("GET", "/jobmanagers", Role::Viewer),
            ("GET", "/jobmanagers/backup", Role::Admin),
            ("POST", "/jobmanagers/restore", Role::Admin),
            ("POST", "/jobs", Role::Operator),
            ("PATCH", "/jobs/a", Role::Operator),
            ("GET", "/jobs/a/yarn-cancel", Role::Operator),
            ("GET", "/v1//jobs/a/yarn%2Dcancel", Role::Operator),
            ("GET", "/jobs/a/results/b", Role::Operator),
            ("GET", "/catalogs/a", Role::Operator),
            ("PUT", "/catalogs/a", Role::Operator),
            ("POST", "/jars/upload", Role::Admin),
            ("POST", "/v1/jars/upload", Role::Admin),
            ("POST", "/jars/a/run", Role::Operator),
            ("DELETE", "/jars/a", Role::Admin),
            ("DELETE", "/cluster", Role::Admin),
            ("DELETE", "/jobmanagers/a:1", Role::Admin),
            ("POST", "/taskmanagers/a/decommission", Role::Admin),
            ("BREW", "/anything", Role::Operator),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(role(&method, path), Some(needed), "{method} {path}");
        }
        assert_eq!(role(&Method::GET, "/health"), None);
        assert_eq!(role(&Method::POST, "/health"), Some(Role::Operator));
    }
}
