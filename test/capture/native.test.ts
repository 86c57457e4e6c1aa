import { cable, inNamespaces } from '../helpers/netns.ts'
import { nativeContract } from './native-subject.ts'

inNamespaces(() => {
  cable('near', 'far')
  nativeContract('near', 'far')
  nativeContract('near', 'far', 'high-rate')
})
