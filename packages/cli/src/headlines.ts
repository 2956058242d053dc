const PLACES = ['Northport', 'Lake Arden', 'Westhaven', 'Mount Corrie', 'Elmsford', 'Saltmarsh'];

const SUBJECTS = [
  'harbour ferry',
  'city library',
  'night train',
  'weather station',
  'botanical garden',
  'school orchestra',
  'tram line 7',
  'old observatory',
];

const EVENTS = [
  'reopens after two years of repairs',
  'breaks its own visitor record',
  'is delayed by fog until noon',
  'wins the regional award',
  'gets a new home by the river',
  'will stay open all weekend',
  'is looking for volunteers',
  'celebrates its hundredth birthday',
];

/** Makes up a plausible headline. `random` returns numbers from 0 up to but not including 1. */
export function headline(random: () => number): string {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  return `${pick(PLACES)}: ${pick(SUBJECTS)} ${pick(EVENTS)}`;
}
