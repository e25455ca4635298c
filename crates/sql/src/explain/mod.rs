//! Plans as text, in the shape Flink users know: one operator a line, inputs below, drawn as a tree.

mod job;
mod logical;
mod physical;
mod reuse;

pub(crate) use job::job_json;
pub(crate) use logical::logical_tree;
pub(crate) use physical::{NodeDetails, advice, physical_tree};

/// A node of a printed tree.
pub(crate) struct TreeNode {
    /// The line.
    pub text: String,
    /// What stands below it.
    pub inputs: Vec<TreeNode>,
}

impl TreeNode {
    /// The tree as lines, each ended by a line break.
    pub fn render(&self) -> String {
        let mut out = format!("{}\n", self.text);
        for (index, input) in self.inputs.iter().enumerate() {
            let last = index + 1 == self.inputs.len();
            let (first, rest) = if last { ("+- ", "   ") } else { (":- ", ":  ") };
            for (line_number, line) in input.render().lines().enumerate() {
                out.push_str(if line_number == 0 { first } else { rest });
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }
}

/// A rendered tree as the only input of another node.
pub(crate) fn indented(tree: &str) -> String {
    let mut out = String::new();
    for (index, line) in tree.lines().enumerate() {
        out.push_str(if index == 0 { "+- " } else { "   " });
        out.push_str(line);
        out.push('\n');
    }
    out
}
