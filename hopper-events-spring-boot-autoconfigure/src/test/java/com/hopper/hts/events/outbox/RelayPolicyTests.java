/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package com.hopper.hts.events.outbox;

import java.time.Duration;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RelayPolicy}.
 */
class RelayPolicyTests {

	@Test
	void sendsAtLeastOneEventAtATime() {
		assertThat(policy(1).concurrency()).isOne();
		assertThatIllegalArgumentException().isThrownBy(() -> policy(0)).withMessageContaining("'concurrency'");
	}

	@Test
	void waitDoublesUpToItsMaximumAndUpToHalfOfItIsTakenOff() {
		RelayPolicy policy = policy(1);
		assertThat(policy.interval(1, 0)).isEqualTo(Duration.ofSeconds(1));
		assertThat(policy.interval(3, 0)).isEqualTo(Duration.ofSeconds(4));
		assertThat(policy.interval(4, 0)).isEqualTo(Duration.ofSeconds(5));
		assertThat(policy.interval(Integer.MAX_VALUE, 0)).isEqualTo(Duration.ofSeconds(5));
		assertThat(policy.interval(3, 0.5)).isEqualTo(Duration.ofSeconds(3));
		assertThat(policy.interval(3, 1)).isEqualTo(Duration.ofSeconds(2));
	}

	private static RelayPolicy policy(int concurrency) {
		return new RelayPolicy(concurrency, Duration.ofHours(72), Duration.ofSeconds(1), Duration.ofSeconds(5),
				Duration.ofSeconds(30), Duration.ofSeconds(20));
	}

}
