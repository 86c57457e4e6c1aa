// May take 240 s: simulates 50 daemons for ten minutes
import { claimStory } from '../../helpers/watch-claims.ts'

claimStory(600, 50)
