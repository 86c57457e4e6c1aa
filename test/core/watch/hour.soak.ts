// May take 900 s: simulates 50 daemons for an hour
import { claimStory } from '../../helpers/watch-claims.ts'

claimStory(3600, 1)
