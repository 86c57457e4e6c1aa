import { CLASSES, NOT_ON_THE_WIRE, RIVALS, SCENARIOS, STOOD_FOR } from './catalogue.ts'
import type { Story, VipExpectation } from './shape.ts'

const INTRO = `# Stories

What \`arpcheck lab run NAME\` plays, and what arpcheck must say of it. Generated from the story files in src/lab/stories;
\`ARPCHECK_UPDATE_GOLDEN=1 node .ci/test.mjs lab/pages\` writes it anew. The last column has the verdicts in the order in which
the story comes to them, with the findings of each, and behind a bar those of the run as a whole.
`

/** docs/stories.md; a test compares the two. */
export function storiesPage(stories: readonly Story[]): string {
  return [
    INTRO,
    section('Classes of failure', classRows(stories), ['', 'class', 'story', 'arpcheck says']),
    section('As it cannot be here', plainRows(STOOD_FOR), ['class', 'what stands for it, and why']),
    section('When one VIP is silent: the rivals', numbered(RIVALS, 'rivals', stories), [
      '',
      'why',
      'story',
      'arpcheck says',
    ]),
    section("MetalLB's own scenarios", scenarioRows(stories), ['', 'scenario', 'story']),
    section('All stories', stories.map(storyRow), ['story', 'tells', 'arpcheck says']),
  ].join('\n')
}

type Row = readonly string[]
type Field = 'classes' | 'scenarios' | 'rivals'

function classRows(stories: readonly Story[]): Row[] {
  return numbered(CLASSES, 'classes', stories)
}

/** A row for each story of each number; one with a dash where there is none. */
function numbered(table: Readonly<Record<number, string>>, field: Field, stories: readonly Story[]): Row[] {
  return Object.entries(table).flatMap(([number, what]) => {
    const showing = storiesOf(Number(number), field, stories)
    if (showing.length === 0) return [[number, what, '–', '–']]
    return showing.map((story, i) => [...(i === 0 ? [number, what] : ['', '']), link(story), saidIn(story)])
  })
}

function scenarioRows(stories: readonly Story[]): Row[] {
  return Object.entries(SCENARIOS).map(([number, what]) => {
    const showing = storiesOf(Number(number), 'scenarios', stories).map(link)
    return [number, what, showing.join(', ') || `none: ${NOT_ON_THE_WIRE[Number(number)]}`]
  })
}

function storiesOf(number: number, field: Field, stories: readonly Story[]): Story[] {
  return stories.filter((story) => story[field].includes(number))
}

function plainRows(table: Readonly<Record<number, string>>): Row[] {
  return Object.entries(table)
}

function storyRow(story: Story): Row {
  return [link(story), story.tells, saidIn(story)]
}

function link({ name }: Story): string {
  return `[${name}](../src/lab/stories/${name}.yaml)`
}

/** Each distinct verdict with its findings, then those of the runs. */
export function saidIn({ steps }: Story): string {
  const runs = steps.flatMap((step) => [step, ...(step.while ?? [])]).flatMap(({ expect }) => expect ?? [])
  const verdicts = runs.flatMap(({ vips }) => Object.values(vips).map(verdictText))
  const shared = runs.flatMap(({ findings }) => findings ?? [])
  const seen = [...new Set(verdicts.filter((text) => text !== 'absent'))].join(', ')
  return [seen || 'no report', ...(shared.length > 0 ? [[...new Set(shared)].join(' ')] : [])].join(
    ' &#124; ',
  )
}

function verdictText({ verdict, reason, findings = [] }: VipExpectation): string {
  return [`\`${verdict}\``, ...(reason ? [`(${reason})`] : []), ...findings].join(' ')
}

function section(title: string, rows: readonly Row[], head: Row): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return [`## ${title}`, '', ...lines, ''].join('\n')
}
