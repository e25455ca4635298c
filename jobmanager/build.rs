//! Builds again when the files of the web UI have changed, which are embedded.

fn main() {
    println!("cargo:rerun-if-changed=../webui/dist");
}
