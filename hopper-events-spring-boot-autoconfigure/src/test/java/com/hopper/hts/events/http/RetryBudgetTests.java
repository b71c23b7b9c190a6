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
package com.hopper.hts.events.http;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RetryBudget}.
 */
class RetryBudgetTests {

	@Test
	void givesNoMoreThanItHas() {
		RetryBudget budget = new RetryBudget(2);
		assertThat(budget.tryTake()).isTrue();
		assertThat(budget.tryTake()).isTrue();
		assertThat(budget.tryTake()).isFalse();
	}

	@Test
	void deliveredEventGivesBackItsRetries() {
		RetryBudget budget = new RetryBudget(2);
		budget.tryTake();
		budget.tryTake();
		budget.giveBack(2);
		assertThat(budget.tryTake()).isTrue();
		assertThat(budget.tryTake()).isTrue();
		assertThat(budget.tryTake()).isFalse();
	}

	@Test
	void tenDeliveriesEarnARetryUpToTheCapacity() {
		RetryBudget budget = new RetryBudget(1);
		budget.tryTake();
		for (int i = 0; i < 9; i++) {
			budget.giveBack(0);
		}
		assertThat(budget.tryTake()).isFalse();
		for (int i = 0; i < 100; i++) {
			budget.giveBack(0);
		}
		assertThat(budget.tryTake()).isTrue();
		assertThat(budget.tryTake()).isFalse();
	}

	@Test
	void zeroMeansNoRetries() {
		RetryBudget budget = new RetryBudget(0);
		budget.giveBack(5);
		assertThat(budget.tryTake()).isFalse();
	}

}
