//! From [`Expr`] to [`Node`]: looks up kernels, evaluates what is constant, and notes what can fail.

use arrow_array::ArrayRef;
use dataflow::{Expr, ExprKind, Failure, LogicalType};

use super::describe::describe;
use super::frame::Frame;
use super::node::{Node, Shape};
use crate::cast;
use crate::context::EvalContext;
use crate::functions::{self, BoundCall, FunctionDef, Implementation, Kernel};
use crate::literal;

pub(super) fn build(expr: &Expr, context: &EvalContext) -> Result<Node, Failure> {
    match &expr.kind {
        ExprKind::Column(index) => Ok(Node {
            shape: Shape::Column(*index),
            data_type: expr.ty.arrow_type(),
            fallible: false,
            columns: vec![*index],
        }),
        ExprKind::Literal(literal) => Ok(constant(literal::to_array(literal, &expr.ty)?)),
        ExprKind::Call { function, args } => build_call(expr, function, args, context),
        ExprKind::Cast { input, try_cast } => {
            let kernel = cast::kernel(&input.ty, &expr.ty, *try_cast, context)?;
            let input = build(input, context)?;
            match kernel {
                None => Ok(input),
                Some(kernel) => folded(call_node(expr, kernel, vec![input], context)),
            }
        }
        ExprKind::Case { branches, otherwise } => {
            let branches = branches
                .iter()
                .map(|(condition, value)| Ok((build(condition, context)?, build(value, context)?)))
                .collect::<Result<Vec<_>, Failure>>()?;
            let otherwise = Box::new(build(otherwise, context)?);
            folded(node(&expr.ty, Shape::Case { branches, otherwise }, false))
        }
        ExprKind::Field { input, index } => {
            let input = Box::new(build(input, context)?);
            folded(node(&expr.ty, Shape::Field { input, index: *index }, false))
        }
    }
}

fn build_call(expr: &Expr, function: &str, args: &[Expr], context: &EvalContext) -> Result<Node, Failure> {
    let definition = functions::find(function).ok_or_else(|| {
        Failure::user(format!("{}: function {function} is not in the catalogue", describe(expr, context))).fatal()
    })?;
    let nodes = args.iter().map(|arg| build(arg, context)).collect::<Result<Vec<_>, _>>()?;
    let compile = match definition.implementation {
        Implementation::Lazy => return folded(node(&expr.ty, lazy(function, nodes)?, false)),
        Implementation::Kernel(compile) => compile,
    };
    let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty.clone()).collect();
    let constants: Vec<Option<ArrayRef>> = nodes.iter().map(|node| node.constant().cloned()).collect();
    let call = BoundCall { name: definition.name, args: &types, result: &expr.ty, constants: &constants, context };
    let kernel = compile(&call).map_err(|mut failure| {
        failure.message = format!("{}: {}", describe(expr, context), failure.message);
        failure
    })?;
    let node = call_node(expr, kernel, nodes, context);
    if is_volatile(definition) { Ok(node) } else { folded(node) }
}

fn is_volatile(definition: &FunctionDef) -> bool {
    !definition.deterministic
}

/// The functions that evaluate some arguments only for some rows.
fn lazy(function: &str, mut args: Vec<Node>) -> Result<Shape, Failure> {
    Ok(match (function, args.len()) {
        ("AND", 2..) => Shape::Logic { all: true, args },
        ("OR", 2..) => Shape::Logic { all: false, args },
        ("COALESCE" | "IFNULL", 1..) => Shape::Coalesce(args),
        ("IF", 3) => {
            let otherwise = Box::new(args.remove(2));
            let value = args.remove(1);
            Shape::Case { branches: vec![(args.remove(0), value)], otherwise }
        }
        (_, count) => return Err(Failure::internal(format!("{function} does not take {count} arguments"))),
    })
}

fn call_node(expr: &Expr, kernel: Kernel, args: Vec<Node>, context: &EvalContext) -> Node {
    let Kernel { run, fallible } = kernel;
    node(&expr.ty, Shape::Call { kernel: run, args, text: describe(expr, context) }, fallible)
}

fn constant(array: ArrayRef) -> Node {
    Node { data_type: array.data_type().clone(), shape: Shape::Constant(array), fallible: false, columns: Vec::new() }
}

/// A node over its children: it can fail when it or a child can.
fn node(ty: &LogicalType, shape: Shape, fallible: bool) -> Node {
    let (fallible, columns) = {
        let children = shape.children();
        let mut columns: Vec<usize> = children.iter().flat_map(|child| child.columns.iter().copied()).collect();
        columns.sort_unstable();
        columns.dedup();
        (fallible || children.iter().any(|child| child.fallible), columns)
    };
    Node { shape, data_type: ty.arrow_type(), fallible, columns }
}

/// The node's value when all its children are constant. A value that fails is left to fail at the first row that reaches it, as in Flink.
fn folded(node: Node) -> Result<Node, Failure> {
    let children = node.shape.children();
    if !children.iter().all(|child| child.constant().is_some()) {
        return Ok(node);
    }
    Ok(match node.evaluate_array(&Frame::new(&[], 1)) {
        Ok(value) => constant(value),
        Err(_) => node,
    })
}

impl Shape {
    fn children(&self) -> Vec<&Node> {
        match self {
            Shape::Column(_) | Shape::Constant(_) => Vec::new(),
            Shape::Call { args, .. } | Shape::Logic { args, .. } | Shape::Coalesce(args) => args.iter().collect(),
            Shape::Field { input, .. } => vec![input],
            Shape::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain([otherwise.as_ref()]).collect()
            }
        }
    }
}
