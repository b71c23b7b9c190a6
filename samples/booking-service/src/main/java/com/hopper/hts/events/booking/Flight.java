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
package com.hopper.hts.events.booking;

import java.util.List;

/**
 * A flight that the airline sells.
 *
 * @param number the number
 * @param from the airport of departure
 * @param to the airport of arrival
 * @param departure when it departs, local time
 * @param arrival when it arrives, local time
 * @param price the price in euros
 * @param protection the price in euros of being able to cancel for any reason
 */
record Flight(String number, String from, String to, String departure, String arrival, int price, int protection) {

	static final List<Flight> ALL = List.of(new Flight("NW 214", "OSL", "LIS", "07:25", "10:50", 129, 19),
			new Flight("NW 218", "OSL", "LIS", "13:40", "17:05", 164, 24),
			new Flight("NW 222", "OSL", "LIS", "19:10", "22:35", 98, 15));

}
