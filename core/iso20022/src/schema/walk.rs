//! The walk over file and schema together: finds missing, misplaced, unknown and malformed elements, and describes
//! them.

use super::model::{Attribute, ElementName, Model, Particle, Type, TypeKind};
use super::plain;
use super::simple::Simple;
use crate::problem::{Place, Problem};
use crate::text::{nearest, quote};
use crate::xml::Node;

/// All problems of a file whose root element is in the model's namespace, in the order found, at most `limit`.
pub(crate) fn problems(model: &Model, root: Node<'_>, limit: usize) -> Vec<Problem> {
    let mut walk = Walk { model, limit, found: Vec::new() };
    let (name, type_name) = &model.root;
    if root.name() == name {
        walk.element(root, type_name);
    } else {
        let message = format!("the root element is <{}>", plain(root.name()));
        walk.report(root.place(), message, format!("it must be <{name}>"));
    }
    walk.found
}

struct Walk<'m> {
    model: &'m Model,
    limit: usize,
    found: Vec<Problem>,
}

impl<'m> Walk<'m> {
    fn report(&mut self, place: Place, message: impl Into<String>, change: impl Into<String>) {
        if !self.full() {
            self.found.push(Problem::format(place, message, change));
        }
    }

    fn full(&self) -> bool {
        self.found.len() >= self.limit
    }

    fn element(&mut self, node: Node<'_>, type_name: &str) {
        if self.full() {
            return;
        }
        match self.model.types.get(type_name) {
            Some(Type::Elements(particles)) => {
                self.no_attributes(node, &[]);
                self.no_text(node);
                self.sequence(node, particles);
            }
            Some(Type::Text { value, attributes }) => {
                self.no_attributes(node, attributes);
                self.required_attributes(node, attributes);
                if let Some(Type::Simple(simple)) = self.model.types.get(value) {
                    self.value(node, simple);
                }
            }
            Some(Type::Simple(simple)) => {
                self.no_attributes(node, &[]);
                self.value(node, simple);
            }
            // A type outside the model: checked by the library validator.
            None => {}
        }
    }

    fn value(&mut self, node: Node<'_>, simple: &Simple) {
        if let Some(child) = node.children().next() {
            let message =
                format!("<{}> holds the element <{}>, but must hold a plain value", node.name(), plain(child.name()));
            self.report(child.place(), message, "write the value itself");
        } else if let Some(wrong) = simple.check(&node.text()) {
            self.report(node.place(), format!("<{}> {}", node.name(), wrong.message), wrong.change);
        }
    }

    fn required_attributes(&mut self, node: Node<'_>, attributes: &[Attribute]) {
        for attribute in attributes {
            let (element, name) = (node.name(), &attribute.name);
            match node.attribute(name) {
                None if attribute.required => {
                    let example = if name == "Ccy" { "EUR" } else { "…" };
                    self.report(
                        node.place(),
                        format!("<{element}> has no {name} attribute"),
                        format!("add {name}=\"{example}\""),
                    );
                }
                None => {}
                Some(value) => {
                    if let Some(Type::Simple(simple)) = self.model.types.get(&attribute.type_name)
                        && let Some(wrong) = simple.check(value)
                    {
                        self.report(
                            node.place(),
                            format!("the {name} attribute of <{element}> {}", wrong.message),
                            wrong.change,
                        );
                    }
                }
            }
        }
    }

    fn no_attributes(&mut self, node: Node<'_>, allowed: &[Attribute]) {
        for (name, _) in node.attributes() {
            if !allowed.iter().any(|attribute| attribute.name == name) {
                let message =
                    format!("<{}> has an attribute {} that the schema does not know", node.name(), quote(name));
                self.report(node.place(), message, "remove it");
            }
        }
    }

    fn no_text(&mut self, node: Node<'_>) {
        let text = node.text();
        let text = text.trim();
        if !text.is_empty() {
            let message = format!("<{}> holds the text {} between its elements", node.name(), quote(text));
            self.report(node.place(), message, "remove it, or put it into the element it belongs to");
        }
    }

    /// Walks the children of an element along the steps of its sequence.
    fn sequence(&mut self, parent: Node<'_>, particles: &'m [Particle]) {
        if particles.iter().any(|particle| matches!(particle.kind, TypeKind::Any)) {
            return;
        }
        let mut rest = self.known_children(parent, particles);
        for (step, particle) in particles.iter().enumerate() {
            let mut taken = 0;
            while taken < particle.max
                && let Some((child, element)) = rest.last().and_then(|child| Some((*child, allowed(particle, *child)?)))
            {
                rest.pop();
                taken += 1;
                self.element(child, &element.type_name);
                if self.full() {
                    return;
                }
            }
            self.too_many(parent, &mut rest, particle);
            if taken < particle.min && !self.displaced(parent, &mut rest, particle, &particles[step + 1..]) {
                self.missing(parent, particle);
            }
        }
        while let Some(child) = rest.pop()
            && !self.full()
        {
            self.surplus(parent, child, particles);
        }
    }

    /// The children that the schema knows in this parent, last first; the others are reported.
    fn known_children<'t>(&mut self, parent: Node<'t>, particles: &[Particle]) -> Vec<Node<'t>> {
        let mut known = Vec::new();
        for child in parent.children() {
            let name = child.name();
            let named = names(particles).any(|candidate| candidate == name);
            if named && child.namespace() == self.model.namespace {
                known.push(child);
                continue;
            }
            if self.full() {
                break;
            }
            if named {
                let message = format!("<{name}> is not in the namespace of the message");
                self.report(child.place(), message, "remove its own xmlns or prefix");
            } else {
                let message = format!("<{}> is not known inside <{}>", plain(name), parent.name());
                let change = match nearest(name, names(particles)) {
                    Some(meant) => format!("did you mean <{meant}>?"),
                    None => format!("remove it or move it; allowed here: {}", list(particles)),
                };
                self.report(child.place(), message, change);
            }
        }
        known.reverse();
        known
    }

    /// Whether the wanted element comes later: then its order is the problem, not its absence.
    fn displaced(&mut self, parent: Node<'_>, rest: &mut Vec<Node<'_>>, wanted: &Particle, later: &[Particle]) -> bool {
        let Some(at) = rest.iter().rposition(|child| allowed(wanted, *child).is_some()) else {
            return false;
        };
        let child = rest.remove(at);
        let message = format!("<{}> is in the wrong place inside <{}>", child.name(), parent.name());
        let change = match rest.iter().rev().find(|other| names(later).any(|name| name == other.name())) {
            Some(other) => format!("move it before <{}>", other.name()),
            None => "move it to the front".to_owned(),
        };
        self.report(child.place(), message, change);
        true
    }

    fn missing(&mut self, parent: Node<'_>, particle: &Particle) {
        let wanted: Vec<String> = particle.elements().iter().map(|element| format!("<{}>", element.name)).collect();
        let (message, change) = match wanted.as_slice() {
            [one] => (format!("<{}> has no {one}", parent.name()), format!("add {one}")),
            several => {
                let several = several.join(" or ");
                (
                    format!("<{}> has neither {several}", parent.name()).replace(" or ", " nor "),
                    format!("add {several}"),
                )
            }
        };
        self.report(parent.place(), message, change);
    }

    /// Elements of the current step beyond its maximum: reported once, then skipped.
    fn too_many(&mut self, parent: Node<'_>, rest: &mut Vec<Node<'_>>, particle: &Particle) {
        let Some(first) = rest.last().copied().filter(|child| allowed(particle, *child).is_some()) else {
            return;
        };
        while rest.last().is_some_and(|child| allowed(particle, *child).is_some()) {
            rest.pop();
        }
        let (parent, name) = (parent.name(), first.name());
        let (message, change) = match (particle.elements().len() > 1, particle.max) {
            (true, 1) => (
                format!("<{parent}> holds more than one of {}", list(std::slice::from_ref(particle))),
                "keep one of them".to_owned(),
            ),
            (_, 1) => (format!("<{parent}> holds <{name}> more than once"), "keep one of them".to_owned()),
            (_, max) => (format!("<{parent}> holds <{name}> more than {max} times"), format!("keep {max} of them")),
        };
        self.report(first.place(), message, change);
    }

    /// A known element left over after the last step: it comes after its place.
    fn surplus(&mut self, parent: Node<'_>, child: Node<'_>, particles: &[Particle]) {
        let name = child.name();
        let Some(step) = particles.iter().position(|particle| allowed(particle, child).is_some()) else {
            return;
        };
        let message = format!("<{name}> is in the wrong place inside <{}>", parent.name());
        let follower = parent.children().find(|other| names(&particles[step + 1..]).any(|later| later == other.name()));
        let change = match follower {
            Some(other) => format!("move it before <{}>", other.name()),
            None => format!("the order is: {}", list(particles)),
        };
        self.report(child.place(), message, change);
    }
}

fn allowed<'p>(particle: &'p Particle, child: Node<'_>) -> Option<&'p ElementName> {
    particle.elements().iter().find(|element| element.name == child.name())
}

fn names(particles: &[Particle]) -> impl Iterator<Item = &str> {
    particles.iter().flat_map(Particle::elements).map(|element| element.name.as_str())
}

fn list(particles: &[Particle]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<String> = names(particles).take(SHOWN).map(|name| format!("<{name}>")).collect();
    let more = if names(particles).nth(SHOWN).is_some() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
