//! What a piece of the source is: a condition, a pattern, a type, a test.

use syn::spanned::Spanned;
use syn::{BinOp, Expr, Type};

/// Whether a method is given a function, as those of iterators are.
pub fn takes_a_function(call: &syn::ExprMethodCall) -> bool {
    matches!(call.args.first(), Some(Expr::Closure(_) | Expr::Path(_)))
}

/// Whether a pattern takes what no arm before it takes, whatever that is.
pub fn takes_all(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Wild(_) => true,
        // A unit variant or a constant begins with a capital.
        syn::Pat::Ident(name) => {
            name.subpat.is_none() && name.ident.to_string().starts_with(char::is_lowercase)
        }
        syn::Pat::Tuple(parts) => parts.elems.iter().all(takes_all),
        _ => false,
    }
}

/// A condition that no other change covers: a comparison is changed itself.
pub fn plain_condition(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) | Expr::Binary(_) | Expr::Unary(_) => false,
        Expr::MethodCall(call) => {
            let method = call.method.to_string();
            !["is_", "any", "all", "contains", "starts_with"]
                .iter()
                .any(|word| method.starts_with(word))
        }
        Expr::Paren(inner) => plain_condition(&inner.expr),
        _ => true,
    }
}

/// Whether a condition binds something.
pub fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

/// The values that a function of this type could return instead.
pub fn instead(kind: &Type) -> Vec<String> {
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect();
    match kind {
        Type::Tuple(tuple) if tuple.elems.is_empty() => words(&["()"]),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return Vec::new() };
            let inner: Vec<&Type> = match &last.arguments {
                syn::PathArguments::AngleBracketed(found) => found
                    .args
                    .iter()
                    .filter_map(|argument| match argument {
                        syn::GenericArgument::Type(inner) => Some(inner),
                        _ => None,
                    })
                    .collect(),
                _ => Vec::new(),
            };
            match last.ident.to_string().as_str() {
                "bool" => words(&["true", "false"]),
                "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => words(&["0", "1"]),
                "Option" => words(&["None"]),
                "String" => words(&["String::new()"]),
                "Vec" => words(&["Vec::new()"]),
                "Duration" => words(&["std::time::Duration::ZERO"]),
                "Decimal" => words(&["rust_decimal::Decimal::ZERO"]),
                "Result" => inner
                    .first()
                    .map(|kind| instead(kind))
                    .unwrap_or_default()
                    .into_iter()
                    .map(|value| format!("Ok({value})"))
                    .collect(),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// Tests, and what stands for the world in them.
pub fn is_a_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Meta>()
                    .is_ok_and(|meta| meta.path().is_ident("test")))
    })
}

/// An operator as it is written.
pub fn operator_text<'a>(source: &'a str, operator: &BinOp) -> &'a str {
    &source[operator.span().byte_range()]
}

/// One line, single blanks.
pub fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As many line ends as the text has: what follows keeps its line.
pub fn lines_of(text: &str) -> String {
    "\n".repeat(text.matches('\n').count())
}
