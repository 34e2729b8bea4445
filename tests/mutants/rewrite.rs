//! Where a source file can be changed, and the text with every change behind a switch.
//!
//! A change is made where it stands, on its own lines, so that the compiler's messages and a
//! mutant's place are those of the source. `crate::mutants::on(N)` is the switch of change N.

use crate::syntax::{
    flat, has_let, instead, is_a_test, lines_of, operator_text, plain_condition, takes_a_function,
    takes_all,
};
use proc_macro2::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ReturnType, Stmt, Type, UnOp};

/// One change of the source.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Its number: what switches it on.
    pub number: usize,
    /// The file, below the project.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What names it for good: file, function, change, and which of its kind in that function.
    pub name: String,
}

/// A text with its changes.
#[derive(Debug)]
pub struct Rewritten {
    /// The source, each change behind its switch.
    pub text: String,
    /// The changes, by number.
    pub mutants: Vec<Mutant>,
}

/// Rewrites one file. Numbers begin at `first`; what `left_out` names stays as it is, since it does
/// not compile.
///
/// # Errors
/// When the file is no Rust.
pub fn rewrite(
    file: &str,
    source: &str,
    first: usize,
    left_out: &BTreeSet<String>,
) -> syn::Result<Rewritten> {
    let tree = syn::parse_file(source)?;
    let mut visitor = Visitor {
        file,
        source,
        left_out,
        next: first,
        functions: Vec::new(),
        counted: BTreeMap::new(),
        mutants: Vec::new(),
        edits: Vec::new(),
    };
    visitor.visit_file(&tree);
    Ok(Rewritten { text: applied(source, visitor.edits), mutants: visitor.mutants })
}

/// A piece of text that takes the place of a range; an empty range is an insertion.
#[derive(Debug)]
struct Edit {
    range: Range<usize>,
    /// At one place: what ends comes before what begins, the inner end first, the outer begin first.
    order: (u8, isize),
    text: String,
}

fn applied(source: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.range.start, edit.order));
    let mut text = String::with_capacity(source.len() * 2);
    let mut from = 0;
    for edit in edits {
        text.push_str(&source[from..edit.range.start]);
        text.push_str(&edit.text);
        from = edit.range.end;
    }
    text.push_str(&source[from..]);
    text
}

struct Visitor<'a> {
    file: &'a str,
    source: &'a str,
    left_out: &'a BTreeSet<String>,
    next: usize,
    functions: Vec<String>,
    counted: BTreeMap<String, usize>,
    mutants: Vec<Mutant>,
    edits: Vec<Edit>,
}

impl Visitor<'_> {
    /// A switch for this change; none where it is left out.
    fn switch(&mut self, at: Span, change: &str) -> Option<String> {
        let function = self.functions.join("::");
        let kind = format!("{} {function}: {change}", self.file);
        let count = self.counted.entry(kind.clone()).or_default();
        *count += 1;
        let name = if *count == 1 { kind } else { format!("{kind} #{count}") };
        let number = self.next;
        // A number is given either way: what is left out moves no other.
        self.next += 1;
        if self.left_out.contains(&name) {
            return None;
        }
        let line = at.start().line;
        self.mutants.push(Mutant { number, file: self.file.to_owned(), line, name });
        Some(format!("crate::mutants::on({number})"))
    }

    /// How deep an expression stands: the longer it is, the further out.
    fn insert_before(&mut self, range: &Range<usize>, text: String) {
        let length = isize::try_from(range.len()).unwrap_or(isize::MAX);
        let at = range.start..range.start;
        self.edits.push(Edit { range: at, order: (1, -length), text });
    }

    fn insert_after(&mut self, range: &Range<usize>, text: String) {
        let length = isize::try_from(range.len()).unwrap_or(isize::MAX);
        self.edits.push(Edit { range: range.end..range.end, order: (0, length), text });
    }

    fn replace(&mut self, range: Range<usize>, text: &str) {
        // Between two operands: after the end of the left one, before the begin of the right one.
        let text = format!("{text}{}", lines_of(&self.source[range.clone()]));
        self.edits.push(Edit { range, order: (0, isize::MAX), text });
    }

    fn around(&mut self, at: Span, before: String, after: String) {
        let range = at.byte_range();
        self.insert_before(&range, before);
        self.insert_after(&range, after);
    }

    /// A condition that is turned round.
    fn negate(&mut self, at: Span, change: &str) {
        if let Some(on) = self.switch(at, change) {
            self.around(at, format!("({on} != ("), "))".to_owned());
        }
    }

    fn compare(&mut self, expr: &syn::ExprBinary, others: &[&str]) {
        let operator = operator_text(self.source, &expr.op);
        let mut choice = String::new();
        for other in others {
            if let Some(on) = self.switch(expr.op.span(), &format!("{operator} to {other}")) {
                choice += &format!("if {on} {{ mutant_left {other} mutant_right }} else ");
            }
        }
        if choice.is_empty() {
            return;
        }
        let (left, right) = (expr.left.span().byte_range(), expr.right.span().byte_range());
        let whole = expr.span().byte_range();
        self.insert_before(&whole, "(match (&(".to_owned());
        self.replace(left.end..right.start, "), &(");
        self.insert_after(
            &whole,
            format!(
                ")) {{ (mutant_left, mutant_right) => {choice}{{ mutant_left {operator} mutant_right }} }})"
            ),
        );
    }

    fn calculate(&mut self, expr: &syn::ExprBinary, other: &str) {
        let operator = operator_text(self.source, &expr.op);
        let Some(on) = self.switch(expr.op.span(), &format!("{operator} to {other}")) else {
            return;
        };
        let (left, right) = (expr.left.span().byte_range(), expr.right.span().byte_range());
        let whole = expr.span().byte_range();
        self.insert_before(&whole, "(match ((".to_owned());
        self.replace(left.end..right.start, "), (");
        self.insert_after(
            &whole,
            format!(
                ")) {{ (mutant_left, mutant_right) => if {on} {{ mutant_left {other} mutant_right }} \
                 else {{ mutant_left {operator} mutant_right }} }})"
            ),
        );
    }

    /// `&&` and `||`: the right side is evaluated where the chosen operator evaluates it.
    fn connect(&mut self, expr: &syn::ExprBinary, and: bool) {
        if has_let(&expr.left) || has_let(&expr.right) {
            // The chain has to stay one: each condition in it is turned round by itself.
            for side in [&expr.left, &expr.right] {
                if plain_condition(side) {
                    self.negate(side.span(), "condition turned round");
                }
            }
            return;
        }
        let change = if and { "&& to ||" } else { "|| to &&" };
        let Some(on) = self.switch(expr.op.span(), change) else { return };
        let same = if and { "==" } else { "!=" };
        let (left, right) = (expr.left.span().byte_range(), expr.right.span().byte_range());
        let whole = expr.span().byte_range();
        self.insert_before(&whole, "(match (".to_owned());
        self.replace(
            left.end..right.start,
            &format!(") {{ mutant_left => if mutant_left {same} {on} {{ mutant_left }} else {{ "),
        );
        self.insert_after(&whole, " } })".to_owned());
    }

    fn assign(&mut self, expr: &syn::ExprBinary, other: &str) {
        let operator = operator_text(self.source, &expr.op);
        let Some(on) = self.switch(expr.op.span(), &format!("{operator} to {other}")) else {
            return;
        };
        let whole = expr.span().byte_range();
        let left = self.source[expr.left.span().byte_range()].to_owned();
        let right = self.source[expr.right.span().byte_range()].to_owned();
        self.insert_before(&whole, format!("if {on} {{ {left} {other} {right} }} else {{ "));
        self.insert_after(&whole, " }".to_owned());
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if block.stmts.is_empty() {
            return;
        }
        let values: Vec<String> = match &signature.output {
            ReturnType::Default => vec![String::new()],
            ReturnType::Type(_, kind) => {
                // What the body is already is no change.
                let same = match block.stmts.as_slice() {
                    [Stmt::Expr(only, None)] => flat(&self.source[only.span().byte_range()]),
                    _ => String::new(),
                };
                instead(kind).into_iter().filter(|value| *value != same).collect()
            }
        };
        let mut early = String::new();
        for value in values {
            let change = format!("body to {}", if value.is_empty() { "()" } else { &value });
            if let Some(on) = self.switch(signature.ident.span(), &change) {
                early += &format!(" if {on} {{ return {value}; }}");
            }
        }
        let after = block.brace_token.span.open().byte_range();
        self.edits.push(Edit { range: after.end..after.end, order: (1, isize::MIN), text: early });
    }

    fn inside(&mut self, name: String, then: impl FnOnce(&mut Self)) {
        self.functions.push(name);
        then(self);
        self.functions.pop();
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_a_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if is_a_test(&item.attrs) || item.sig.constness.is_some() {
            return;
        }
        self.inside(item.sig.ident.to_string(), |visitor| {
            visitor.body(&item.sig, &item.block);
            visit::visit_block(visitor, &item.block);
        });
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        // How a value prints itself is no decision.
        let printing = item.trait_.as_ref().is_some_and(|(path, ..)| {
            path.segments.last().is_some_and(|last| {
                ["Debug", "Display", "Error", "Show", "Default"]
                    .iter()
                    .any(|word| last.ident == word)
            })
        });
        if printing || is_a_test(&item.attrs) {
            return;
        }
        let name = flat(&self.source[item.self_ty.span().byte_range()]);
        self.inside(name, |visitor| visit::visit_item_impl(visitor, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if is_a_test(&item.attrs) || item.sig.constness.is_some() {
            return;
        }
        self.inside(item.sig.ident.to_string(), |visitor| {
            visitor.body(&item.sig, &item.block);
            visit::visit_block(visitor, &item.block);
        });
    }

    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    fn visit_type(&mut self, _: &'ast Type) {}

    fn visit_pat(&mut self, pattern: &'ast syn::Pat) {
        // A pattern holds nothing to change, but its guard does.
        if let syn::Pat::Guard(guarded) = pattern {
            self.visit_expr(&guarded.guard);
        }
    }

    fn visit_expr_binary(&mut self, expr: &'ast syn::ExprBinary) {
        match expr.op {
            BinOp::Eq(_) => self.compare(expr, &["!="]),
            BinOp::Ne(_) => self.compare(expr, &["=="]),
            BinOp::Lt(_) => self.compare(expr, &["<=", ">="]),
            BinOp::Le(_) => self.compare(expr, &["<", ">"]),
            BinOp::Gt(_) => self.compare(expr, &[">=", "<="]),
            BinOp::Ge(_) => self.compare(expr, &[">", "<"]),
            BinOp::And(_) => self.connect(expr, true),
            BinOp::Or(_) => self.connect(expr, false),
            BinOp::Add(_) => self.calculate(expr, "-"),
            BinOp::Sub(_) => self.calculate(expr, "+"),
            BinOp::Mul(_) => self.calculate(expr, "+"),
            BinOp::Div(_) => self.calculate(expr, "*"),
            BinOp::AddAssign(_) => return self.assign(expr, "-="),
            BinOp::SubAssign(_) => return self.assign(expr, "+="),
            _ => {}
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_unary(&mut self, expr: &'ast syn::ExprUnary) {
        if matches!(expr.op, UnOp::Not(_)) {
            self.negate(expr.span(), "! left out");
        }
        visit::visit_expr_unary(self, expr);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let method = call.method.to_string();
        match (method.as_str(), call.args.len()) {
            ("max" | "min", 1) => {
                let other = if method == "max" { "min" } else { "max" };
                if let Some(on) = self.switch(call.method.span(), &format!("{method} to {other}")) {
                    let receiver = call.receiver.span().byte_range();
                    let argument = call.args[0].span().byte_range();
                    let whole = call.span().byte_range();
                    self.insert_before(&whole, "(match ((".to_owned());
                    self.replace(receiver.end..argument.start, "), (");
                    self.replace(
                        argument.end..whole.end,
                        &format!(
                            ")) {{ (mutant_left, mutant_right) => if {on} {{ mutant_left.{other}(mutant_right) }} \
                             else {{ mutant_left.{method}(mutant_right) }} }})"
                        ),
                    );
                }
            }
            // Methods of our own have these names as well.
            ("any" | "all", _) if !takes_a_function(call) => {}
            (
                "is_some" | "is_none" | "is_ok" | "is_err" | "is_empty" | "any" | "all"
                | "contains" | "is_some_and" | "is_none_or" | "is_ok_and" | "starts_with"
                | "is_zero",
                _,
            ) => self.negate(call.span(), &format!("{method} turned round")),
            _ => {}
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_if(&mut self, expr: &'ast syn::ExprIf) {
        if plain_condition(&expr.cond) {
            self.negate(expr.cond.span(), "if turned round");
        }
        visit::visit_expr_if(self, expr);
    }

    fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
        let falls = expr.arms.last().is_some_and(|arm| takes_all(&arm.pat));
        for arm in &expr.arms {
            match &arm.pat {
                syn::Pat::Guard(guarded) if plain_condition(&guarded.guard) => {
                    self.negate(guarded.guard.span(), "guard turned round");
                }
                syn::Pat::Guard(_) => {}
                pattern if falls && !takes_all(pattern) => {
                    let arm_is = flat(&self.source[pattern.span().byte_range()]);
                    let change = format!("arm {arm_is} left out");
                    if let Some(on) = self.switch(pattern.span(), &change) {
                        self.insert_after(&pattern.span().byte_range(), format!(" if !{on}"));
                    }
                }
                _ => {}
            }
        }
        visit::visit_expr_match(self, expr);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        if let Stmt::Expr(expr, Some(end)) = statement
            && matches!(expr, Expr::Call(_) | Expr::MethodCall(_) | Expr::Try(_) | Expr::Assign(_))
        {
            let text = flat(&self.source[expr.span().byte_range()]);
            let short: String = text.chars().take(48).collect();
            if let Some(on) = self.switch(expr.span(), &format!("left out: {short}")) {
                let whole = expr.span().byte_range().start..end.span().byte_range().end;
                self.insert_before(&whole, format!("if !{on} {{ "));
                self.insert_after(&whole, " }".to_owned());
            }
        }
        visit::visit_stmt(self, statement);
    }
}
