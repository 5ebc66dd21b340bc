import { learnFitted, readFitted } from './fitted.ts'
import { createNetwork, type Network } from './network.ts'
import type { Picture } from './picture.ts'
import { cells, COLUMNS, projection } from './views.ts'

export type Attack = {
  name: string
  /** Makes a network for pictures like this one. */
  createNetwork: (picture: Picture, letters: number, classes: number) => Network
  /** Learns a picture with known letters. `done` is the part of the training that is over, from 0 to 1. */
  learn: (network: Network, picture: Picture, classes: readonly number[], rate: number, done: number) => void
  read: (network: Network, picture: Picture, letters: number) => number[]
}

type Views = (picture: Picture, letters: number) => Float32Array[]

const networkOf = (columns: number, { height }: Picture, heads: number, classes: number) =>
  createNetwork(columns * height, columns > COLUMNS ? 384 : 192, heads, classes)

/** Cuts a picture into one view for each letter. */
const cutting = (name: string, views: Views): Attack => ({
  name,
  createNetwork: (picture, _letters, classes) => networkOf(COLUMNS, picture, 1, classes),
  learn: (network, picture, classes, rate) => {
    for (const [i, view] of views(picture, classes.length).entries())
      network.learn(view, [classes[i] ?? 0], rate)
  },
  read: (network, picture, letters) => views(picture, letters).flatMap((view) => network.read(view)),
})

const byCells = cutting('fixed cells', cells)
const byProjection = cutting('projection', projection)

/** Cuts nothing. The network sees all letters at once and reads each of them. */
const whole: Attack = {
  name: 'whole picture',
  createNetwork: (picture, letters, classes) => networkOf(picture.width, picture, letters, classes),
  learn: (network, { ink }, classes, rate) => network.learn(ink, classes, rate),
  read: (network, { ink }) => network.read(ink),
}

const fitted: Attack = {
  name: 'fitted',
  createNetwork: (picture, _letters, classes) => networkOf(COLUMNS, picture, 1, classes + 1),
  learn: (network, picture, classes, rate, done) =>
    done < 0.25
      ? byProjection.learn(network, picture, classes, rate, done)
      : learnFitted(network, picture, classes, rate),
  read: readFitted,
}

export const ATTACKS: readonly Attack[] = [byCells, byProjection, whole, fitted]
