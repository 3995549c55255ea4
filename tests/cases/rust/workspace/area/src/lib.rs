//! Areas of shapes: code with its tests inside.

/// A shape with its measures.
pub enum Shape {
    Square(f64),
    Rectangle(f64, f64),
    Circle(f64),
}

/// The area of a shape.
pub fn area(shape: &Shape) -> f64 {
    match shape {
        Shape::Square(side) => side * side,
        Shape::Rectangle(width, height) => width * height,
        Shape::Circle(radius) => std::f64::consts::PI * radius * radius,
    }
}

/// The larger of two; nobody calls it.
pub fn larger<T: PartialOrd>(one: T, other: T) -> T {
    if one > other {
        one
    } else {
        other
    }
}

/// A ratio, or why there is none.
pub fn ratio(one: &Shape, other: &Shape) -> Result<f64, String> {
    let whole = area(other);
    if whole == 0.0 {
        return Err("a shape has no area".to_string());
    }
    Ok(area(one) / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn squares() {
        assert!(close(area(&Shape::Square(3.0)), 9.0));
    }

    #[test]
    fn rectangles() {
        assert!(close(area(&Shape::Rectangle(2.0, 4.0)), 8.0));
    }

    #[test]
    fn ratios() {
        assert!(close(
            ratio(&Shape::Square(2.0), &Shape::Square(1.0)).unwrap(),
            4.0
        ));
        assert!(ratio(&Shape::Square(2.0), &Shape::Square(0.0)).is_err());
    }
}
