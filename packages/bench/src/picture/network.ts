// A network with one hidden layer, trained by plain gradient descent, one sample at a time. It replaces the library that
// an attacker would use, so that the attack can be repeated without one.

/** Makes a network that reads one of `classes` classes from each of `heads` places of its input. */
export function createNetwork(
  inputs: number,
  hidden: number,
  heads: number,
  classes: number,
  random = Math.random,
) {
  /** Random weights of a layer. Their spread keeps the sums of a layer at the same size as its inputs. */
  const weights = (from: number, to: number) =>
    Float32Array.from({ length: from * to }, () => (random() * 2 - 1) * Math.sqrt(3 / from))
  const outputs = heads * classes
  const first = weights(inputs, hidden)
  const second = weights(hidden, outputs)
  const firstBias = new Float32Array(hidden)
  const secondBias = new Float32Array(outputs)
  const active = new Float32Array(hidden)
  const slope = new Float32Array(hidden)
  const shares = new Float32Array(outputs)

  /** Sets `active` and `shares` for an input. Most pixels are paper, and paper costs no time. */
  function run(input: Float32Array): void {
    active.set(firstBias)
    for (let i = 0; i < inputs; i++) {
      const value = input[i] ?? 0
      if (value === 0) continue
      const row = i * hidden
      for (let h = 0; h < hidden; h++) active[h] = (active[h] ?? 0) + value * (first[row + h] ?? 0)
    }
    shares.set(secondBias)
    for (let h = 0; h < hidden; h++) {
      const value = active[h] ?? 0
      if (value <= 0) continue
      const row = h * outputs
      for (let o = 0; o < outputs; o++) shares[o] = (shares[o] ?? 0) + value * (second[row + o] ?? 0)
    }
  }

  /** Turns the sums of one head into probabilities. */
  function soften(from: number): void {
    const head = shares.subarray(from, from + classes)
    const most = Math.max(...head)
    let sum = 0
    for (let o = 0; o < classes; o++) sum += head[o] = Math.exp((head[o] ?? 0) - most)
    for (let o = 0; o < classes; o++) head[o] = (head[o] ?? 0) / sum
  }

  return {
    classes,

    /** Learns one sample: `wanted` has the class of each head. */
    learn(input: Float32Array, wanted: readonly number[], rate: number): void {
      run(input)
      for (let head = 0; head < heads; head++) {
        soften(head * classes)
        const right = head * classes + (wanted[head] ?? 0)
        shares[right] = (shares[right] ?? 0) - 1
      }
      for (let h = 0; h < hidden; h++) {
        slope[h] = 0
        const value = active[h] ?? 0
        if (value <= 0) continue
        const row = h * outputs
        let sum = 0
        for (let o = 0; o < outputs; o++) {
          const weight = second[row + o] ?? 0
          const share = shares[o] ?? 0
          sum += weight * share
          second[row + o] = weight - rate * value * share
        }
        slope[h] = sum * rate
      }
      for (let o = 0; o < outputs; o++) secondBias[o] = (secondBias[o] ?? 0) - rate * (shares[o] ?? 0)
      for (let h = 0; h < hidden; h++) firstBias[h] = (firstBias[h] ?? 0) - (slope[h] ?? 0)
      for (let i = 0; i < inputs; i++) {
        const value = input[i] ?? 0
        if (value === 0) continue
        const row = i * hidden
        for (let h = 0; h < hidden; h++) first[row + h] = (first[row + h] ?? 0) - value * (slope[h] ?? 0)
      }
    },

    /** The logarithm of the probability of each class of the first head. */
    logarithms(input: Float32Array): Float32Array {
      run(input)
      soften(0)
      return shares.slice(0, classes).map((share) => Math.log(share + 1e-9))
    },

    /** The most probable class of each head. */
    read(input: Float32Array): number[] {
      run(input)
      return Array.from({ length: heads }, (_, head) => {
        const sums = shares.subarray(head * classes, (head + 1) * classes)
        return sums.indexOf(Math.max(...sums))
      })
    },
  }
}
export type Network = ReturnType<typeof createNetwork>
