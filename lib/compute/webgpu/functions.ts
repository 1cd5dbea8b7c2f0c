// Functions in WGSL that generated shaders call. WGSL promises little of its own elementary functions (exp may be wrong by
// hundreds of units in the last place, sin by 2^-11) and nothing of NaN and infinity, so the former are computed by polynomials
// after argument reduction, as on the CPU, and the latter are recognised by their bits.

/** Within 3 units in the last place unless stated, but denormal numbers may be taken for 0, as WGSL allows. NaN goes in, NaN comes
 *  out. `zero` is 0 at run time, which no compiler knows: a constant NaN or infinity would be an error in WGSL. Choices are made by
 *  select, & and |, not by branches: neighbours in a workgroup would wait for each other at them, and compilers take long over many. */
const SOURCES: readonly string[] = [
  "fn inf() -> f32 { return bitcast<f32>(0x7f800000u | zero()); }",
  "fn nan() -> f32 { return bitcast<f32>(0x7fc00000u | zero()); }",
  "fn isnan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }",
  "fn isinf(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }",
  "fn with_sign(size: f32, x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(size) | (bitcast<u32>(x) & 0x80000000u)); }",

  // comparisons and choices
  "fn feq(a: f32, b: f32) -> bool { return (a == b) & !isnan(a) & !isnan(b); }",
  "fn fne(a: f32, b: f32) -> bool { return (a != b) | isnan(a) | isnan(b); }",
  "fn fmax(a: f32, b: f32) -> f32 { return select(select(max(a, b), b, isnan(b)), a, isnan(a)); }",
  "fn fmin(a: f32, b: f32) -> f32 { return select(select(min(a, b), b, isnan(b)), a, isnan(a)); }",
  "fn fsign(x: f32) -> f32 { return select(0f, 1f, x > 0f) - select(0f, 1f, x < 0f); }",
  "fn isign(x: i32) -> i32 { return select(0i, 1i, x > 0i) - select(0i, 1i, x < 0i); }",
  // WGSL leaves the square root of a negative number open
  "fn fsqrt(x: f32) -> f32 { return select(sqrt(x), nan(), x < 0f); }",

  // float32 to int32: truncates and saturates, NaN is 0
  `fn to_int(x: f32) -> i32 {
  let limited = select(select(i32(x), 2147483647i, x >= 2147483648f), bitcast<i32>(0x80000000u), x <= -2147483648f);
  return select(limited, 0i, isnan(x));
}`,

  // whole numbers: division and remainder round down, and give 0 for a divisor of 0
  `fn idiv(a: i32, b: i32) -> i32 {
  if (b == 0i) { return 0i; }
  if (b == -1i) { return 0i - a; }
  let q = a / b;
  return select(q, q - 1i, (a % b != 0i) & ((a < 0i) != (b < 0i)));
}`,
  `fn imod(a: i32, b: i32) -> i32 {
  if ((b == 0i) | (b == -1i)) { return 0i; }
  let rest = a % b;
  return select(rest, rest + b, (rest != 0i) & ((rest < 0i) != (b < 0i)));
}`,
  `fn ipow(a: i32, b: i32) -> i32 {
  if (b < 0i) { return select(0i, select(1i, a, (b & 1i) == 1i), (a == 1i) | (a == -1i)); }
  var result = 1i;
  var base = a;
  for (var power = b; power > 0i; power >>= 1u) {
    if ((power & 1i) == 1i) { result *= base; }
    base *= base;
  }
  return result;
}`,

  // the remainder with the divisor's sign: exact, by long division of the mantissas
  `fn mantissa(bits: u32) -> u32 { return (bits & 0x7fffffu) | select(0u, 0x800000u, bits >= 0x800000u); }
fn exponent(bits: u32) -> i32 { return max(i32(bits >> 23u), 1i); }
fn fmod(a: f32, b: f32) -> f32 {
  if (isnan(a) | isnan(b) | isinf(a) | (b == 0f)) { return nan(); }
  let by = bitcast<u32>(b) & 0x7fffffffu;
  let ax = bitcast<u32>(a) & 0x7fffffffu;
  var rest = a;
  if (ax >= by) {
    let m = mantissa(by);
    var x = mantissa(ax);
    for (var e = exponent(ax) - exponent(by); e >= 0i; e--) {
      if (x >= m) { x -= m; }
      if (e > 0i) { x <<= 1u; }
    }
    let size = f32(x) * power_of_two(max(exponent(by) - 150i, -126i)) * power_of_two(min(exponent(by) - 24i, 0i));
    rest = with_sign(size, a);
  }
  return select(rest, rest + b, (rest != 0f) & ((rest < 0f) != (b < 0f)));
}`,

  // 2^n for -127 < n < 128
  "fn power_of_two(n: i32) -> f32 { return bitcast<f32>(u32(n + 127i) << 23u); }",
  // expm1(r) on |r| <= ln 2 / 2
  `fn small_expm1(r: f32) -> f32 {
  let q = fma(fma(fma(fma(0.0013950600987300277f, r, 0.008368953131139278f), r, 0.04166620597243309f), r, 0.166665181517601f), r, 0.5f);
  return fma(r * r, q, r);
}`,
  "fn log2e_multiple(x: f32) -> f32 { return round(x * 1.4426950408889634f); }",
  "fn reduced(x: f32, n: f32) -> f32 { return fma(n, 0.00021219444005469057f, fma(n, -0.693359375f, x)); }",
  `fn exp_(x: f32) -> f32 {
  let y = clamp(x, -104f, 89f);
  let n = log2e_multiple(y);
  let half_n = i32(n) >> 1u;
  let value = (small_expm1(reduced(y, n)) + 1f) * power_of_two(half_n) * power_of_two(i32(n) - half_n);
  return select(value, x, isnan(x));
}`,
  // at half its size, since 2^128 is no float; -0 and denormals are their own expm1
  `fn expm1_(x: f32) -> f32 {
  let y = clamp(x, -20f, 89f);
  let n = log2e_multiple(y);
  let scale = power_of_two(i32(n) - 1i);
  let value = 2f * fma(small_expm1(reduced(y, n)), scale, scale - 0.5f);
  return select(value, x, isnan(x) | (abs(x) < 1e-12f));
}`,
  // x = 2^e m with m between sqrt(1/2) and sqrt(2)
  `fn log_(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let tiny = bits < 0x800000u;
  let scaled = select(bits, bitcast<u32>(f32(bits)), tiny);
  let e = (bitcast<i32>(scaled) - 0x3f3504f3i) >> 23u;
  let f = bitcast<f32>(scaled - (u32(e) << 23u)) - 1f;
  let power = f32(e) - select(0f, 149f, tiny);
  let s = f / (f + 2f);
  let z = s * s;
  let halved = 0.5f * f * f;
  let p = fma(fma(fma(0.23584255576133728f, z, 0.2853720486164093f), z, 0.4000033736228943f), z, 0.6666666269302368f);
  let low = fma(power, -0.00021219444005469057f, s * fma(z, p, halved) - halved);
  let value = fma(power, 0.693359375f, f + low);
  return select(select(select(value, -inf(), (bits & 0x7fffffffu) == 0u), x, isinf(x)), nan(), isnan(x) | (bits > 0x80000000u));
}`,
  // log(u) of the rounded u = 1 + x, and what the rounding lost, divided by u; with a 1 that no compiler knows, or it takes
  // u - 1 for x
  `fn log1p_(x: f32) -> f32 {
  let one = bitcast<f32>(0x3f800000u | zero());
  let u = x + one;
  let rounded = log_(u);
  let value = select(rounded, rounded + (x - (u - one)) / u, (x > -1f) & !isinf(x));
  return select(value, x, abs(x) < 1e-12f);
}`,
  `fn tanh_(x: f32) -> f32 {
  let size = abs(x);
  let z = x * x;
  let p = fma(fma(fma(fma(-0.005704987328499556f, z, 0.0206390880048275f), z, -0.05373971536755562f), z, 0.13331441581249237f), z, -0.3333328068256378f);
  let large = with_sign(1f - 2f / (exp_(min(size + size, 40f)) + 1f), x);
  return select(select(large, fma(z * x, p, x), size < 0.625f), x, isnan(x));
}`,
  "fn sigmoid_(x: f32) -> f32 { return 1f / (exp_(-x) + 1f); }",
  // x + x p(x^2), and 1 - exp(q(x)) beyond
  `fn erf_(x: f32) -> f32 {
  let size = abs(x);
  let z = x * x;
  let p = fma(fma(fma(fma(fma(-0.0005953499930910766f, z, 0.004985882434993982f), z, -0.026761669665575027f), z, 0.11281680315732956f), z, -0.3761247992515564f), z, 0.1283791474553435f);
  let y = min(size, 4f);
  let q = fma(fma(fma(fma(fma(fma(0.00019593621254898608f, y, -0.003043204778805375f), y, 0.022226862609386444f), y, -0.1039314717054367f), y, -0.6371824145317078f), y, -1.1276755332946777f), y, -0.00019569818687159568f);
  let large = with_sign(1f - exp_(q), x);
  return select(select(large, fma(p, x, x), size < 0.925f), x, isnan(x));
}`,
  // the upper half of the 64 bits of a product
  `fn high_of_product(a: u32, b: u32) -> u32 {
  let cross = (a & 0xffffu) * (b >> 16u) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let other = (a >> 16u) * (b & 0xffffu) + (cross & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (other >> 16u);
}`,
  // What is left of size >= pi/4 beyond the nearest multiple of pi/2, in two parts, and which multiple it is: from the 96 bits of
  // 2/pi that matter, in whole numbers, hence right for all sizes. M. Payne, R. Hanek, Radian reduction for trigonometric
  // functions, SIGNUM Newsletter 18 (1983). The first digit is what stands before the point.
  `fn beyond_quarters(size: f32) -> vec3<f32> {
  var digits = array<u32, 8>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
  let bits = bitcast<u32>(size);
  let m = (bits & 0x7fffffu) | 0x800000u;
  let first = clamp(bits >> 23u, 126u, 254u) - 120u;
  let word = first >> 5u;
  let shift = first & 31u;
  let a = (digits[word] << shift) | ((digits[word + 1u] >> 1u) >> (31u - shift));
  let b = (digits[word + 1u] << shift) | ((digits[word + 2u] >> 1u) >> (31u - shift));
  let c = (digits[word + 2u] << shift) | ((digits[word + 3u] >> 1u) >> (31u - shift));
  let low = m * c;
  let carried = high_of_product(m, c);
  let middle = m * b + carried;
  let high = m * a + high_of_product(m, b) + select(0u, 1u, middle < carried);
  let down = (high & 0x20000000u) != 0u;
  let flip = select(0u, 0xffffffffu, down);
  let upper = ((high << 2u) | (middle >> 30u)) ^ flip;
  let lower = ((middle << 2u) | (low >> 30u)) ^ flip;
  let zeros = min(countLeadingZeros(upper), 31u);
  let rest = high_of_product((upper << zeros) | ((lower >> 1u) >> (31u - zeros)), 0xc90fdaa2u);
  let scale = with_sign(power_of_two(-31i - i32(zeros)), select(1f, -1f, down));
  return vec3<f32>(f32(rest & 0xffffff00u) * scale, f32(rest & 0xffu) * scale, f32(((high >> 29u) + 1u) >> 1u));
}`,
  // of r + low, low far smaller than r
  `fn sin_series(r: f32, low: f32) -> f32 {
  let z = r * r;
  let p = fma(fma(fma(2.7182745525440327e-6f, z, -0.00019839330343529582f), z, 0.008333329111337662f), z, -0.1666666716337204f);
  return r + fma(r * z, p, fma(-0.5f * z, low, low));
}
fn cos_series(r: f32, low: f32) -> f32 {
  let z = r * r;
  let p = fma(fma(0.00002443809171381872f, z, -0.0013887364184483886f), z, 0.04166664555668831f);
  return 1f - fma(z, 0.5f, fma(r, low, -(z * z * p)));
}`,
  // of size >= 0
  `fn turned(size: f32, turns: i32) -> f32 {
  let part = select(vec3<f32>(size, 0f, 0f), beyond_quarters(size), size > 0.7853982f);
  let quarter = i32(part.z) + turns;
  let value = select(sin_series(part.x, part.y), cos_series(part.x, part.y), (quarter & 1i) == 1i);
  return select(select(value, -value, (quarter & 2i) == 2i), nan(), isnan(size) | isinf(size));
}`,
  `fn sin_(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(turned(abs(x), 0i)) ^ (bitcast<u32>(x) & 0x80000000u));
}`,
  "fn cos_(x: f32) -> f32 { return turned(abs(x), 1i); }",
  // atan(x) = atan(c) + atan((x - c) / (1 + c x)) for the nearest c of 0, 1/2, 1, 3/2 and infinity, whose arc tangent is in two
  // parts, and t + t^3 p(t^2) for t up to 7/16
  `fn atan_(x: f32) -> f32 {
  let size = abs(x);
  var about = vec3<f32>(0f, 0f, 0f);
  about = select(about, vec3<f32>(0.5f, 0.46364760398864746f, 5.012158655264909e-9f), size >= 0.4375f);
  about = select(about, vec3<f32>(1f, 0.7853981852531433f, -2.1855695000918673e-8f), size >= 0.6875f);
  about = select(about, vec3<f32>(1.5f, 0.9827937483787537f, -2.5131424594149188e-8f), size >= 1.1875f);
  about = select(about, vec3<f32>(0f, 1.5707963705062866f, -4.3711390001837346e-8f), size >= 2.4375f);
  let far = size >= 2.4375f;
  let t = select(size - about.x, -1f, far) / select(fma(about.x, size, 1f), size, far);
  let z = t * t;
  let p = fma(fma(fma(fma(-0.05825236067175865f, z, 0.10493668913841248f), z, -0.14230042695999146f), z, 0.19997766613960266f), z, -0.3333330452442169f);
  return select(with_sign(about.y + (fma(t * z, p, about.z) + t), x), x, isnan(x));
}`,
  // exp(b log a), whose relative error grows to 1e-5 where the result is near the largest or smallest float; the usual small
  // powers by multiplication
  `fn pow_(a: f32, b: f32) -> f32 {
  let size = abs(a);
  let whole = floor(b) == b;
  let odd = whole & (abs(b) < 16777216f) & ((i32(clamp(b, -16777216f, 16777216f)) & 1i) == 1i);
  var value = exp_(b * log_(size));
  value = select(value, a * a, b == 2f);
  value = select(value, size * a * a, b == 3f);
  value = select(value, 1f / size, b == -1f);
  value = select(value, size, b == 1f);
  value = select(value, fsqrt(size), b == 0.5f);
  value = select(value, with_sign(value, a), odd);
  value = select(value, nan(), ((a < 0f) & !whole & !isinf(a)) | isnan(a) | isnan(b));
  return select(value, 1f, (b == 0f) | (a == 1f) | ((size == 1f) & isinf(b)));
}`,

  // float16: its 16 bits become a float32 exactly, and a float32 is rounded to them, halves to even
  `fn from_half(bits: u32) -> f32 {
  let sign = (bits & 0x8000u) << 16u;
  let size = bits & 0x7fffu;
  let special = 0x7f800000u | ((size & 0x3ffu) << 13u) | zero();
  let normal = (size << 13u) + 0x38000000u;
  let tiny = bitcast<u32>(f32(size) * 5.9604644775390625e-8f);
  return bitcast<f32>(sign | select(select(normal, tiny, size < 0x400u), special, size >= 0x7c00u));
}`,
  `fn to_half(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  let tiny = u32(round(bitcast<f32>(min(size, 0x38800000u)) * 16777216f));
  let normal = (size + 0xc8000fffu + ((size >> 13u) & 1u)) >> 13u;
  let finite = select(normal, tiny, size < 0x38800000u);
  let special = select(0x7c00u, 0x7e00u, size > 0x7f800000u);
  return ((bits >> 16u) & 0x8000u) | select(finite, special, size >= 0x477ff000u);
}`,
  `fn four_halves(words: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(
    from_half(words.x & 0xffffu), from_half(words.x >> 16u), from_half(words.y & 0xffffu), from_half(words.y >> 16u));
}`,
  "fn four_bytes(word: u32) -> vec4<u32> { return (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(255u); }",
  "fn rounded_to_half(x: f32) -> f32 { return from_half(to_half(x)); }",
];

/** The definitions, among these and those of `others`, of all functions that `code` calls, directly or not, in a fixed order. */
export function functionsFor(code: string, others: readonly string[]): string {
  const all = [...others, ...SOURCES];
  const byName = new Map(
    all.flatMap((text) => [...text.matchAll(/^fn (\w+)/gm)].map(([, name]) => [name!, text] as const)),
  );
  const needed = new Set<string>();
  const visit = (caller: string): void => {
    for (const [, name] of caller.matchAll(/\b(\w+)\(/g)) {
      const text = byName.get(name!);
      if (text === undefined || needed.has(text)) continue;
      needed.add(text);
      visit(text);
    }
  };
  visit(code);
  return all.filter((text) => needed.has(text)).join("\n");
}
